/** The ten apps as the landing page tells of them. Kept here in words, so that the page stands without a database. */
export const APPS: readonly { id: string; name: string; does: string; tokens: number; from?: true }[] = [
  { id: "vto-001", name: "Virtual Try-On", does: "Shoppers see a frame on their own face, live.", tokens: 5 },
  { id: "fsa-001", name: "Face Shape Analysis", does: "Tells the shape of a face from the camera.", tokens: 3 },
  { id: "sty-001", name: "Style Consultation", does: "Advice on what suits, and why.", tokens: 4 },
  { id: "fit-001", name: "Fit Consultation", does: "Finds the frame width and bridge that sit well.", tokens: 4 },
  { id: "rec-001", name: "Eyewear Recommendations", does: "A short list made for one shopper.", tokens: 2 },
  { id: "pdc-001", name: "PD Calculator", does: "Measures the distance between the pupils.", tokens: 1 },
  { id: "frf-001", name: "Frame Finder", does: "Search and filters that speak eyewear.", tokens: 2 },
  { id: "clt-001", name: "Contact Lens Try-On", does: "Lens colours on the shopper's own eyes.", tokens: 3 },
  {
    id: "cai-001",
    name: "Conversational AI",
    does: "Answers shoppers' questions, day and night.",
    tokens: 3,
    from: true,
  },
  { id: "adv-001", name: "Advanced Analytics", does: "Reports on what shoppers tried and chose.", tokens: 10 },
];
