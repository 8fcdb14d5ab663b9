// Light or dark: as the device says, unless somebody has chosen.
export type Theme = "system" | "light" | "dark";
export const themes: readonly Theme[] = ["system", "light", "dark"];
const remembered = "varde.theme";

export function startTheme(): void {
  show();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", show);
}

export function chosenTheme(): Theme {
  try {
    return themes.find((theme) => theme === localStorage.getItem(remembered)) ?? "system";
  } catch {
    return "system";
  }
}

export function chooseTheme(theme: Theme): void {
  try {
    localStorage.setItem(remembered, theme);
  } catch {
    // A browser without storage keeps the device's own look.
  }
  show();
}

/** Both names, because the design system reads a class and our own tokens an attribute. */
function show(): void {
  const chosen = chosenTheme();
  const dark = chosen === "dark" || (chosen === "system" && matchMedia("(prefers-color-scheme: dark)").matches);
  const root = document.documentElement;
  root.dataset["theme"] = dark ? "dark" : "light";
  root.classList.toggle("dark", dark);
  root.classList.toggle("light", !dark);
}
