import type { FrameSession } from "@/features/activations/embed/contract";

type Language = FrameSession["language"];

/** Words of the frame itself, whatever app is in it. */
export const COMMON: Readonly<
  Record<Language, { overTitle: string; over: string; beta: string; preview: string; test: string }>
> = {
  en: {
    overTitle: "This window is out of date",
    over: "Close it and open it again from the shop. It costs nothing more.",
    beta: "Beta",
    preview: "Preview",
    test: "Test mode: no live tokens are spent",
  },
  de: {
    overTitle: "Dieses Fenster ist abgelaufen",
    over: "Schließen Sie es und öffnen Sie es im Shop noch einmal. Es kostet nichts weiter.",
    beta: "Beta",
    preview: "Vorschau",
    test: "Testmodus: Es werden keine echten Token verbraucht",
  },
  fr: {
    overTitle: "Cette fenêtre n’est plus à jour",
    over: "Fermez-la et rouvrez-la depuis la boutique, sans frais supplémentaires.",
    beta: "Bêta",
    preview: "Aperçu",
    test: "Mode test : aucun jeton réel n’est dépensé",
  },
  es: {
    overTitle: "Esta ventana ha caducado",
    over: "Ciérrela y ábrala de nuevo desde la tienda. No cuesta nada más.",
    beta: "Beta",
    preview: "Vista previa",
    test: "Modo de prueba: no se gastan tokens reales",
  },
  it: {
    overTitle: "Questa finestra è scaduta",
    over: "La chiuda e la riapra dal negozio. Non costa altro.",
    beta: "Beta",
    preview: "Anteprima",
    test: "Modalità di prova: nessun token reale viene speso",
  },
  nl: {
    overTitle: "Dit venster is verlopen",
    over: "Sluit het en open het opnieuw vanuit de winkel. Het kost niets extra.",
    beta: "Bèta",
    preview: "Voorbeeld",
    test: "Testmodus: er worden geen echte tokens verbruikt",
  },
};
