// Where the SOS stands on the screens of a phone: at the bottom under the thumb, and never over what has the focus.
import { useRef } from "react";
import { useTexts } from "../i18n/use-texts";
import { useBarHeight } from "./use-bar-height";

export function SosDock({ children }: { children: React.ReactNode }) {
  const { t } = useTexts();
  const dock = useRef<HTMLElement>(null);
  useBarHeight(dock);
  return <aside ref={dock} className="sos-dock" aria-label={t("sos.button")}>{children}</aside>;
}
