// The frame of every calm screen: the mark, the line, where one can go, and the settings.
import { Link, useLocation } from "wouter";
import { useTexts } from "../i18n/use-texts";
import { useSession } from "../io/hooks";
import { ConnectionLine } from "./ConnectionLine";
import { Settings } from "./Settings";

export function Brand() {
  const { t } = useTexts();
  return (
    <Link href="/" className="brand">
      <img src="/icons/varde.svg" alt="" />
      {t("app.name")}
    </Link>
  );
}

export function Page({ children, broad = false }: { children: React.ReactNode; broad?: boolean }) {
  const { t } = useTexts();
  return (
    <div className="page">
      <a className="skip" href="#content">{t("app.skip")}</a>
      <header className="top">
        <div className="top-inner">
          <Brand />
          <ConnectionLine />
          <Places />
          <Settings />
        </div>
      </header>
      <main id="content" tabIndex={-1} className={broad ? "page-main broad" : "page-main"}>{children}</main>
    </div>
  );
}

/** Only those who have both a phone's and a desk's work see the choice. */
function Places() {
  const { t } = useTexts();
  const [path] = useLocation();
  const session = useSession();
  const access = new Set(session.offices.flatMap((office) => office.access));
  if (session.surface !== "phone" || !["desk", "office_lead", "administrator"].some((one) => access.has(one))) return <span className="top-links" />;
  return (
    <nav className="top-links" aria-label={t("nav.label")}>
      <Link href="/" className="button quiet" aria-current={path === "/" ? "page" : undefined}>{t("nav.phone")}</Link>
      <Link href="/desk" className="button quiet" aria-current={path === "/desk" ? "page" : undefined}>{t("nav.desk")}</Link>
    </nav>
  );
}
