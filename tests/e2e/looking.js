// What is looked for on each screen of tests/e2e/test_screens.py, inside the page. Each gives a list of what is wrong, in words.
window.looking = (() => {
  const name = (one) => {
    const words = one.getAttribute("aria-label") ?? one.textContent ?? "";
    return `${one.tagName.toLowerCase()}.${one.className?.baseVal ?? one.className} "${words.trim().slice(0, 40)}"`;
  };
  const labelled = (one) => (one.matches("input[type=radio], input[type=checkbox]") ? one.closest("label") ?? one : one);
  const controls = () => [...document.querySelectorAll("a[href], button, input, select, textarea")];

  const axeFinds = async (tags) => {
    const result = await window.axe.run(document, { runOnly: { type: "tag", values: tags }, resultTypes: ["violations"] });
    return result.violations.flatMap((one) => one.nodes.map((node) => `${one.id}: ${node.target.join(" ")} ${node.failureSummary?.split("\n")[1]?.trim() ?? ""}`));
  };

  /** `least`: px of the buttons that somebody in need or called for help taps on; all others 48. Links within a sentence are text. */
  const targets = (least) => {
    const shown = (one) => one.checkVisibility({ visibilityProperty: true }) && one.getBoundingClientRect().width > 1;
    const inSentence = (one) => one.matches("a") && getComputedStyle(one).display === "inline";
    return controls().filter((one) => shown(one) && !inSentence(one)).flatMap((one) => {
      const { width, height } = labelled(one).getBoundingClientRect();
      const most = one.closest(".answer-bar, .sos") ? least : 48;
      const small = Math.round(width) < 48 || Math.round(height) < most;
      return small ? [`${name(one)} ${Math.round(width)} x ${Math.round(height)}, at least ${most}`] : [];
    });
  };

  const wider = () => {
    const most = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= most) return [];
    const cut = (one) => {
      for (let up = one.parentElement; up && up !== document.body; up = up.parentElement) if (getComputedStyle(up).overflowX !== "visible") return true;
      return false;
    };
    const guilty = [...document.body.querySelectorAll("*")].filter((one) => one.getBoundingClientRect().right > most + 1 && !cut(one));
    return [`${document.documentElement.scrollWidth} of ${most}: ${guilty.slice(-3).map((one) => `${name(one)} to ${Math.round(one.getBoundingClientRect().right)}`).join("; ")}`];
  };

  const focused = () => {
    const one = document.activeElement;
    if (!one || one === document.body) return [];
    const seen = labelled(one);
    const marked = [seen, one].map((each) => getComputedStyle(each)).some((style) => style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2);
    const { left, top, width, height } = seen.getBoundingClientRect();
    const within = (at, most) => Math.min(Math.max(at, 0), most - 1);
    // What is taller than a control is read by scrolling: of that some part must be free, of a control its middle.
    const heights = height > 200 ? [top + 2, top + height / 2, top + height - 2] : [top + height / 2];
    const overs = heights.map((at) => document.elementFromPoint(within(left + width / 2, innerWidth), within(at, innerHeight)));
    const covered = overs.every((over) => over && !seen.contains(over) && !over.contains(seen) && over.closest(".answer-bar, .sos-dock, .top"));
    return [...(marked ? [] : [`not seen to have the focus: ${name(seen)}`]), ...(covered ? [`covered by ${name(overs[0])}: ${name(seen)}`] : [])];
  };

  /** With forced colours every fill goes: what is left of a button must still have an edge, or be underlined as a link. */
  const edgeless = () => [...document.querySelectorAll("button, a.button")].filter((one) => {
    const style = getComputedStyle(one);
    const edged = parseFloat(style.borderTopWidth) >= 1 && style.borderTopStyle !== "none";
    return one.checkVisibility() && !edged && !style.textDecorationLine.includes("underline");
  }).map(name);

  /** Words of headings of the first order that stand on more than one line. */
  const cut = () => [...document.querySelectorAll("h1")].filter((one) => one.checkVisibility()).flatMap((one) => {
    const texts = document.createTreeWalker(one, NodeFilter.SHOW_TEXT);
    const found = [];
    for (let text = texts.nextNode(); text; text = texts.nextNode()) {
      for (const word of text.data.matchAll(/[^\s-]+/g)) {
        const range = document.createRange();
        range.setStart(text, word.index);
        range.setEnd(text, word.index + word[0].length);
        if (new Set([...range.getClientRects()].map((box) => Math.round(box.top))).size > 1) found.push(word[0]);
      }
    }
    return found;
  });

  const moving = () => document.getAnimations().filter((one) => one.playState === "running").map((one) => one.animationName ?? one.transitionProperty);

  return { axe: axeFinds, targets, wider, focused, edgeless, moving, cut, stops: () => controls().length };
})();
