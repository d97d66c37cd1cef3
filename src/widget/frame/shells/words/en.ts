import type { ShellWords } from "../plan";

export const en: ShellWords = {
  note: "This app is being finished. What is above is what it will do; it measures nothing yet.",
  unknown: "There is no such app.",
  apps: {
    "virtual-try-on": {
      lead: "See a frame on your own face, in its true size.",
      steps: [
        ["Look into the camera", "Or choose a photo. It stays on this device."],
        ["See the frame on you", "Placed on your eye line and scaled by the distance between your pupils."],
        ["Compare", "Keep two frames side by side and turn your head a little."],
      ],
    },
    "face-shape-analysis": {
      lead: "Learn the shape of your face, with how sure the answer is.",
      steps: [
        ["One photo, straight ahead", "It stays on this device."],
        ["Two best matches", "Each with its confidence; you have the last word."],
        ["Frames that go with it", "From this shop, with the reason."],
      ],
    },
    "style-consultation": {
      lead: "A few questions, and frames that answer them.",
      steps: [
        ["Say what you like", "Colours, occasions, what you wear now."],
        ["See suggestions", "By face shape, colouring and taste."],
        ["Know why", "Every suggestion comes with its reasons."],
      ],
    },
    "fit-consultation": {
      lead: "Find out whether a frame fits before it arrives.",
      steps: [
        ["Measure yourself", "Pupils and face width, on this device."],
        ["Compare with the frame", "Lens width, bridge and temples, in millimetres."],
        ["Read the verdict", "Where it fits, where it does not, and what would."],
      ],
    },
    "eyewear-recommendations": {
      lead: "Frames from this shop, ranked for you.",
      steps: [
        ["Start from what you look at", "Nothing to fill in."],
        ["See what is near it", "By shape, size, material and price."],
        ["Say what is wrong", "Every no makes the next row better."],
      ],
    },
    "contact-lens-try-on": {
      lead: "See coloured lenses on your own eyes.",
      steps: [
        ["Look into the camera", "Or choose a photo. It stays on this device."],
        ["Choose a colour", "Blended with your iris, under your lids, highlights kept."],
        ["Compare two", "One on each eye."],
      ],
    },
    "conversational-ai": {
      lead: "Ask about frames, lenses and orders.",
      steps: [
        ["Ask in your words", "About this shop’s frames and lenses."],
        ["Get an answer with its source", "Or the honest word that it is not known."],
        ["Reach a person", "Handed over with what was said so far."],
      ],
    },
    "advanced-analytics": {
      lead: "For the brand: what shoppers did on the way to the basket.",
      steps: [
        ["From try-on to basket", "By app and by frame."],
        ["What sells", "And what is only looked at."],
        ["A report each month", "To those who asked for it."],
      ],
    },
  },
};
