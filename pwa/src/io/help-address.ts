// The address that asks for help from this computer: for a shortcut key of the operating system, when the page is not in front.
import { uuid7 } from "../core/uuid7";

const place = "varde.help";
export const help_path = "/hjelp";

/** Made here and known here only: a link in somebody's mail must not be able to raise an alarm. */
function key(): string {
  const known = localStorage.getItem(place);
  if (known) return known;
  const made = uuid7();
  localStorage.setItem(place, made);
  return made;
}

export const helpAddress = (): string => `${location.origin}${help_path}#${key()}`;

/** Whether the page was opened by that address. Says yes once: a reloaded page asks for nothing. */
export function cameForHelp(): boolean {
  const came = location.pathname === help_path && location.hash.slice(1) === key();
  if (location.hash) history.replaceState(null, "", location.pathname);
  return came;
}
