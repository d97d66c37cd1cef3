import type { ShellWords } from "../plan";

export const de: ShellWords = {
  note: "An dieser App wird noch gearbeitet. Oben steht, was sie können wird; noch misst sie nichts.",
  unknown: "Diese App gibt es nicht.",
  apps: {
    "virtual-try-on": {
      lead: "Sehen Sie eine Fassung im eigenen Gesicht, in ihrer wahren Größe.",
      steps: [
        ["In die Kamera sehen", "Oder ein Foto wählen. Es bleibt auf diesem Gerät."],
        ["Die Fassung an sich sehen", "Auf Ihrer Augenlinie, nach Ihrem Pupillenabstand skaliert."],
        ["Vergleichen", "Zwei Fassungen nebeneinander; drehen Sie den Kopf ein wenig."],
      ],
    },
    "face-shape-analysis": {
      lead: "Erfahren Sie Ihre Gesichtsform, und wie sicher die Antwort ist.",
      steps: [
        ["Ein Foto, gerade von vorn", "Es bleibt auf diesem Gerät."],
        ["Die zwei besten Treffer", "Jeder mit seiner Sicherheit; das letzte Wort haben Sie."],
        ["Fassungen, die dazu passen", "Aus diesem Shop, mit Begründung."],
      ],
    },
    "style-consultation": {
      lead: "Ein paar Fragen, und Fassungen als Antwort.",
      steps: [
        ["Sagen, was gefällt", "Farben, Anlässe, was Sie jetzt tragen."],
        ["Vorschläge sehen", "Nach Gesichtsform, Farbtyp und Geschmack."],
        ["Wissen, warum", "Jeder Vorschlag kommt mit seinen Gründen."],
      ],
    },
    "fit-consultation": {
      lead: "Wissen, ob eine Fassung passt, bevor sie ankommt.",
      steps: [
        ["Sich messen", "Pupillen und Gesichtsbreite, auf diesem Gerät."],
        ["Mit der Fassung vergleichen", "Scheibenbreite, Steg und Bügel, in Millimetern."],
        ["Das Urteil lesen", "Wo sie passt, wo nicht, und welche es täte."],
      ],
    },
    "eyewear-recommendations": {
      lead: "Fassungen aus diesem Shop, für Sie geordnet.",
      steps: [
        ["Anfangen bei dem, was Sie ansehen", "Nichts auszufüllen."],
        ["Sehen, was nahe daran ist", "Nach Form, Größe, Material und Preis."],
        ["Sagen, was nicht passt", "Jedes Nein macht die nächste Reihe besser."],
      ],
    },
    "contact-lens-try-on": {
      lead: "Farbige Linsen auf den eigenen Augen sehen.",
      steps: [
        ["In die Kamera sehen", "Oder ein Foto wählen. Es bleibt auf diesem Gerät."],
        ["Eine Farbe wählen", "Mit Ihrer Iris gemischt, unter den Lidern, mit Glanzlichtern."],
        ["Zwei vergleichen", "Auf jedem Auge eine."],
      ],
    },
    "conversational-ai": {
      lead: "Fragen zu Fassungen, Gläsern und Bestellungen.",
      steps: [
        ["Mit eigenen Worten fragen", "Zu den Fassungen und Gläsern dieses Shops."],
        ["Eine Antwort mit Quelle bekommen", "Oder das ehrliche Wort, dass es nicht bekannt ist."],
        ["Einen Menschen erreichen", "Mit allem, was bisher gesagt wurde."],
      ],
    },
    "advanced-analytics": {
      lead: "Für die Marke: was Kunden auf dem Weg zum Warenkorb taten.",
      steps: [
        ["Von der Anprobe zum Warenkorb", "Nach App und nach Fassung."],
        ["Was sich verkauft", "Und was nur angesehen wird."],
        ["Jeden Monat ein Bericht", "An alle, die ihn wünschen."],
      ],
    },
  },
};
