// The frame of every calm screen: the mark, the line, where one can go, and the settings.
import { Link, useLocation } from "wouter";
import { mayHaveDesk } from "../core/session-contract";
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

/** Everybody has the visits; only those who have both a phone's and a desk's work see the choice between these. */
function Places() {
  const { t } = useTexts();
  const [path] = useLocation();
  const session = useSession();
  const both = session.surface === "phone" && mayHaveDesk(session);
  if (session.tier === "key") return null; // there is only the one place before somebody has signed in
  const places = [
    { href: "/", name: t(both ? "nav.phone" : "nav.home") },
    ...(both ? [{ href: "/desk", name: t("nav.desk") }] : []),
    { href: "/besok", name: t("nav.visits") },
    { href: "/ovelser", name: t("nav.drills") },
  ];
  return (
    <nav className="top-links" aria-label={t("nav.label")}>
      {places.map(({ href, name }) => (
        <Link key={href} href={href} className="button quiet" aria-current={path === href ? "page" : undefined}>{name}</Link>
      ))}
    </nav>
  );
}
