// The few words that the worker itself says; everything else comes in the push itself. A drill is marked in the first word here too.
export type WorkerLanguage = "nb" | "nn" | "en";

export interface WorkerWords {
  unknown: { title: string; body: string };
  drill: string;
  coming: string;
  taken: string;
  there: string;
  cannot: string;
  late: string;
  ended: string;
  refused: string;
  sending: string;
  kept: string;
  longer: string;
  not_longer: string;
  open: string;
}

const words: Record<WorkerLanguage, WorkerWords> = {
  nb: {
    unknown: { title: "Varde: åpne appen", body: "Det kan være en alarm." },
    drill: "ØVELSE: ",
    coming: "Du kommer",
    taken: "Du har tatt den",
    there: "Du er på stedet",
    cannot: "Du kan ikke. Andre varsles.",
    late: "Svaret kom sent fram. Kommer du?",
    ended: "Alarmen er avsluttet",
    refused: "Svaret ble ikke tatt imot",
    sending: "Sender svaret …",
    kept: "Svaret er ikke bekreftet. Prøver videre",
    longer: "Forlenget. Neste frist {time}",
    not_longer: "Ikke forlenget. Sjekk inn i appen",
    open: "Åpne Varde.",
  },
  nn: {
    unknown: { title: "Varde: opne appen", body: "Det kan vere ein alarm." },
    drill: "ØVING: ",
    coming: "Du kjem",
    taken: "Du har teke den",
    there: "Du er på staden",
    cannot: "Du kan ikkje. Andre blir varsla.",
    late: "Svaret kom seint fram. Kjem du?",
    ended: "Alarmen er avslutta",
    refused: "Svaret blei ikkje teke imot",
    sending: "Sender svaret …",
    kept: "Svaret er ikkje stadfesta. Prøver vidare",
    longer: "Forlengd. Neste frist {time}",
    not_longer: "Ikkje forlengd. Sjekk inn i appen",
    open: "Opne Varde.",
  },
  en: {
    unknown: { title: "Varde: open the app", body: "There may be an alarm." },
    drill: "EXERCISE: ",
    coming: "You are coming",
    taken: "You have it",
    there: "You are there",
    cannot: "You cannot. Others are told.",
    late: "Your answer came late. Are you coming?",
    ended: "The alarm has ended",
    refused: "Your answer was not taken",
    sending: "Sending your answer …",
    kept: "Your answer is not confirmed. Still trying",
    longer: "Extended. Next deadline {time}",
    not_longer: "Not extended. Check in with the app",
    open: "Open Varde.",
  },
};

export function wordsIn(language: string): WorkerWords {
  if (language.startsWith("nn")) return words.nn;
  return language.startsWith("en") ? words.en : words.nb;
}
