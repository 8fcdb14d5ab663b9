// The frame of what is seen before anybody is signed in: the mark, the settings, and 112.
import { useTexts } from "../i18n/use-texts";
import { Brand } from "../ui/Page";
import { Settings } from "../ui/Settings";
import { Waiting } from "./Waiting";
import "./sign-in.css";

export function DoorFrame({ children }: { children: React.ReactNode }) {
  return (
    <div className="sign-in">
      <header className="sign-in-settings row apart"><Brand /><Settings /></header>
      <main className="page-main stack"><Waiting />{children}<Danger /></main>
    </div>
  );
}

export function Danger() {
  const { t } = useTexts();
  return <p className="sign-in-danger"><strong>{t("lifeboat.danger")}</strong> <a className="button" href="tel:112">{t("police.call")}</a></p>;
}
