import type { ShellWords } from "../plan";

export const fr: ShellWords = {
  note: "Cette application est en cours d’achèvement. Voilà ce qu’elle fera ; elle ne mesure encore rien.",
  unknown: "Cette application n’existe pas.",
  apps: {
    "virtual-try-on": {
      lead: "Voyez une monture sur votre visage, à sa vraie taille.",
      steps: [
        ["Regardez la caméra", "Ou choisissez une photo. Elle reste sur cet appareil."],
        ["Voyez la monture sur vous", "Sur la ligne de vos yeux, à l’échelle de votre écart pupillaire."],
        ["Comparez", "Deux montures côte à côte ; tournez un peu la tête."],
      ],
    },
    "face-shape-analysis": {
      lead: "Découvrez la forme de votre visage, et le degré de certitude.",
      steps: [
        ["Une photo, de face", "Elle reste sur cet appareil."],
        ["Les deux meilleures réponses", "Chacune avec sa certitude ; vous avez le dernier mot."],
        ["Les montures qui vont avec", "De cette boutique, avec la raison."],
      ],
    },
    "style-consultation": {
      lead: "Quelques questions, et des montures en réponse.",
      steps: [
        ["Dites ce qui vous plaît", "Couleurs, occasions, ce que vous portez."],
        ["Voyez des suggestions", "Selon le visage, le teint et le goût."],
        ["Sachez pourquoi", "Chaque suggestion vient avec ses raisons."],
      ],
    },
    "fit-consultation": {
      lead: "Sachez si une monture convient avant qu’elle n’arrive.",
      steps: [
        ["Mesurez-vous", "Pupilles et largeur du visage, sur cet appareil."],
        ["Comparez avec la monture", "Verre, pont et branches, en millimètres."],
        ["Lisez le verdict", "Là où elle va, là où non, et laquelle irait."],
      ],
    },
    "eyewear-recommendations": {
      lead: "Les montures de cette boutique, classées pour vous.",
      steps: [
        ["Partez de ce que vous regardez", "Rien à remplir."],
        ["Voyez ce qui en est proche", "Par forme, taille, matière et prix."],
        ["Dites ce qui ne va pas", "Chaque non améliore la rangée suivante."],
      ],
    },
    "contact-lens-try-on": {
      lead: "Voyez des lentilles de couleur sur vos yeux.",
      steps: [
        ["Regardez la caméra", "Ou choisissez une photo. Elle reste sur cet appareil."],
        ["Choisissez une couleur", "Mêlée à votre iris, sous les paupières, reflets gardés."],
        ["Comparez-en deux", "Une sur chaque œil."],
      ],
    },
    "conversational-ai": {
      lead: "Des questions sur les montures, les verres et les commandes.",
      steps: [
        ["Demandez avec vos mots", "Sur les montures et les verres de cette boutique."],
        ["Une réponse avec sa source", "Ou l’aveu honnête qu’on ne sait pas."],
        ["Joignez une personne", "Avec tout ce qui a été dit."],
      ],
    },
    "advanced-analytics": {
      lead: "Pour la marque : ce que les clients ont fait jusqu’au panier.",
      steps: [
        ["De l’essai au panier", "Par application et par monture."],
        ["Ce qui se vend", "Et ce qui n’est que regardé."],
        ["Un rapport chaque mois", "À ceux qui l’ont demandé."],
      ],
    },
  },
};
