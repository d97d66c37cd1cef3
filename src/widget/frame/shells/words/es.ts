import type { ShellWords } from "../plan";

export const es: ShellWords = {
  note: "Esta aplicación se está terminando. Arriba está lo que hará; todavía no mide nada.",
  unknown: "Esta aplicación no existe.",
  apps: {
    "virtual-try-on": {
      lead: "Vea una montura en su cara, en su tamaño real.",
      steps: [
        ["Mire a la cámara", "O elija una foto. No sale de este dispositivo."],
        ["Vea cómo le queda", "En la línea de sus ojos y a escala de su distancia pupilar."],
        ["Compare", "Dos monturas juntas; gire un poco la cabeza."],
      ],
    },
    "face-shape-analysis": {
      lead: "Conozca la forma de su cara, y lo segura que es la respuesta.",
      steps: [
        ["Una foto de frente", "No sale de este dispositivo."],
        ["Los dos mejores resultados", "Cada uno con su certeza; usted decide."],
        ["Monturas que le van", "De esta tienda, con el motivo."],
      ],
    },
    "style-consultation": {
      lead: "Unas preguntas, y monturas como respuesta.",
      steps: [
        ["Diga lo que le gusta", "Colores, ocasiones, lo que lleva ahora."],
        ["Vea sugerencias", "Por cara, tono y gusto."],
        ["Sepa por qué", "Cada sugerencia viene con sus razones."],
      ],
    },
    "fit-consultation": {
      lead: "Sepa si una montura le queda bien antes de que llegue.",
      steps: [
        ["Mídase", "Pupilas y ancho de la cara, en este dispositivo."],
        ["Compare con la montura", "Lente, puente y varillas, en milímetros."],
        ["Lea el veredicto", "Dónde encaja, dónde no y cuál lo haría."],
      ],
    },
    "eyewear-recommendations": {
      lead: "Monturas de esta tienda, ordenadas para usted.",
      steps: [
        ["Empiece por lo que está viendo", "Nada que rellenar."],
        ["Vea lo que se le parece", "Por forma, talla, material y precio."],
        ["Diga qué no le convence", "Cada no mejora la fila siguiente."],
      ],
    },
    "contact-lens-try-on": {
      lead: "Vea lentillas de color en sus ojos.",
      steps: [
        ["Mire a la cámara", "O elija una foto. No sale de este dispositivo."],
        ["Elija un color", "Mezclado con su iris, bajo los párpados, con sus brillos."],
        ["Compare dos", "Una en cada ojo."],
      ],
    },
    "conversational-ai": {
      lead: "Pregunte por monturas, lentes y pedidos.",
      steps: [
        ["Pregunte con sus palabras", "Sobre las monturas y lentes de esta tienda."],
        ["Una respuesta con su fuente", "O la palabra honesta de que no se sabe."],
        ["Hable con una persona", "Con todo lo dicho hasta entonces."],
      ],
    },
    "advanced-analytics": {
      lead: "Para la marca: qué hicieron los compradores hasta la cesta.",
      steps: [
        ["De la prueba a la cesta", "Por aplicación y por montura."],
        ["Qué se vende", "Y qué solo se mira."],
        ["Un informe cada mes", "A quienes lo pidieron."],
      ],
    },
  },
};
