import type { ShellWords } from "../plan";

export const it: ShellWords = {
  note: "Questa app è in via di completamento. Sopra c’è ciò che farà; per ora non misura nulla.",
  unknown: "Questa app non esiste.",
  apps: {
    "virtual-try-on": {
      lead: "Veda una montatura sul suo viso, nella misura reale.",
      steps: [
        ["Guardi nella fotocamera", "O scelga una foto. Resta su questo dispositivo."],
        ["Veda la montatura su di sé", "Sulla linea degli occhi, in scala con la distanza pupillare."],
        ["Confronti", "Due montature affiancate; giri un poco la testa."],
      ],
    },
    "face-shape-analysis": {
      lead: "Scopra la forma del suo viso, e quanto è certa la risposta.",
      steps: [
        ["Una foto frontale", "Resta su questo dispositivo."],
        ["Le due risposte migliori", "Ognuna con la sua certezza; l’ultima parola è sua."],
        ["Le montature adatte", "Da questo negozio, con il motivo."],
      ],
    },
    "style-consultation": {
      lead: "Poche domande, e montature in risposta.",
      steps: [
        ["Dica che cosa le piace", "Colori, occasioni, che cosa porta ora."],
        ["Veda i suggerimenti", "Per viso, carnagione e gusto."],
        ["Sappia perché", "Ogni suggerimento ha le sue ragioni."],
      ],
    },
    "fit-consultation": {
      lead: "Sappia se una montatura calza prima che arrivi.",
      steps: [
        ["Si misuri", "Pupille e larghezza del viso, su questo dispositivo."],
        ["Confronti con la montatura", "Lente, ponte e aste, in millimetri."],
        ["Legga il verdetto", "Dove calza, dove no e quale andrebbe."],
      ],
    },
    "eyewear-recommendations": {
      lead: "Montature di questo negozio, ordinate per lei.",
      steps: [
        ["Parta da ciò che guarda", "Niente da compilare."],
        ["Veda ciò che è vicino", "Per forma, misura, materiale e prezzo."],
        ["Dica che cosa non va", "Ogni no migliora la fila seguente."],
      ],
    },
    "contact-lens-try-on": {
      lead: "Veda lenti colorate sui suoi occhi.",
      steps: [
        ["Guardi nella fotocamera", "O scelga una foto. Resta su questo dispositivo."],
        ["Scelga un colore", "Fuso con l’iride, sotto le palpebre, con i suoi riflessi."],
        ["Ne confronti due", "Una per occhio."],
      ],
    },
    "conversational-ai": {
      lead: "Domande su montature, lenti e ordini.",
      steps: [
        ["Chieda con parole sue", "Sulle montature e le lenti di questo negozio."],
        ["Una risposta con la fonte", "O la parola onesta che non si sa."],
        ["Parli con una persona", "Con tutto ciò che è stato detto."],
      ],
    },
    "advanced-analytics": {
      lead: "Per il marchio: che cosa hanno fatto i clienti fino al carrello.",
      steps: [
        ["Dalla prova al carrello", "Per app e per montatura."],
        ["Che cosa si vende", "E che cosa si guarda soltanto."],
        ["Un rapporto ogni mese", "A chi lo ha chiesto."],
      ],
    },
  },
};
