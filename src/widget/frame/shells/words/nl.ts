import type { ShellWords } from "../plan";

export const nl: ShellWords = {
  note: "Deze app wordt nog afgemaakt. Hierboven staat wat hij gaat doen; hij meet nog niets.",
  unknown: "Deze app bestaat niet.",
  apps: {
    "virtual-try-on": {
      lead: "Zie een montuur op uw eigen gezicht, op ware grootte.",
      steps: [
        ["Kijk in de camera", "Of kies een foto. Die blijft op dit apparaat."],
        ["Zie het montuur op uzelf", "Op uw ooglijn en op schaal van uw pupilafstand."],
        ["Vergelijk", "Twee monturen naast elkaar; draai uw hoofd een beetje."],
      ],
    },
    "face-shape-analysis": {
      lead: "Leer de vorm van uw gezicht kennen, en hoe zeker dat is.",
      steps: [
        ["Eén foto, recht van voren", "Die blijft op dit apparaat."],
        ["De twee beste antwoorden", "Elk met zijn zekerheid; u hebt het laatste woord."],
        ["Monturen die erbij passen", "Uit deze winkel, met de reden."],
      ],
    },
    "style-consultation": {
      lead: "Een paar vragen, en monturen als antwoord.",
      steps: [
        ["Zeg wat u mooi vindt", "Kleuren, gelegenheden, wat u nu draagt."],
        ["Zie voorstellen", "Naar gezicht, kleurtype en smaak."],
        ["Weet waarom", "Elk voorstel komt met zijn redenen."],
      ],
    },
    "fit-consultation": {
      lead: "Weet of een montuur past voordat het er is.",
      steps: [
        ["Meet uzelf", "Pupillen en gezichtsbreedte, op dit apparaat."],
        ["Vergelijk met het montuur", "Glas, neusbrug en veren, in millimeters."],
        ["Lees het oordeel", "Waar het past, waar niet, en welk wel."],
      ],
    },
    "eyewear-recommendations": {
      lead: "Monturen uit deze winkel, voor u gerangschikt.",
      steps: [
        ["Begin bij wat u bekijkt", "Niets in te vullen."],
        ["Zie wat erop lijkt", "Naar vorm, maat, materiaal en prijs."],
        ["Zeg wat er niet klopt", "Elk nee maakt de volgende rij beter."],
      ],
    },
    "contact-lens-try-on": {
      lead: "Zie gekleurde lenzen op uw eigen ogen.",
      steps: [
        ["Kijk in de camera", "Of kies een foto. Die blijft op dit apparaat."],
        ["Kies een kleur", "Gemengd met uw iris, onder uw oogleden, met glans."],
        ["Vergelijk er twee", "Eén op elk oog."],
      ],
    },
    "conversational-ai": {
      lead: "Vragen over monturen, glazen en bestellingen.",
      steps: [
        ["Vraag in uw eigen woorden", "Over de monturen en glazen van deze winkel."],
        ["Een antwoord met bron", "Of het eerlijke woord dat het niet bekend is."],
        ["Spreek een mens", "Met alles wat al gezegd is."],
      ],
    },
    "advanced-analytics": {
      lead: "Voor het merk: wat klanten deden op weg naar het mandje.",
      steps: [
        ["Van passen tot mandje", "Per app en per montuur."],
        ["Wat verkoopt", "En wat alleen wordt bekeken."],
        ["Elke maand een rapport", "Aan wie erom vroeg."],
      ],
    },
  },
};
