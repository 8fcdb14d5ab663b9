// On every way in: that the server is slow to say who has been let in, and that the app goes on asking.
import { useTexts } from "../i18n/use-texts";
import { useServices, useValue } from "../io/hooks";

/** `said`: this screen says already that nothing answers. */
export function Waiting({ said = false }: { said?: boolean }) {
  const { t } = useTexts();
  const trouble = useValue(useServices().entering.trouble);
  if (!trouble || (said && trouble === "unanswered")) return null;
  return <p className="notice amber" role="alert">{t(`session.${trouble}`)}</p>;
}
