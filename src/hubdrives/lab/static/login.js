// The way to a new login at the hub, and back to what was asked for.

const KEY = "hubdrives:login";
const { hub } = document.documentElement.dataset;

/** How a new login mends `problem`: {text, href, lead, done}; null if it does not, or no hub is known.
 *
 * `here` is the path of the page to come back to, query included.
 */
export function wayToLogin(problem, here) {
  if (problem.code !== "login-needed" || !hub) return null;
  // Each login asks for the same: another one would change nothing.
  if (problem.agree_at && !problem.login_url) return null;
  const root = new URL(hub, location.href);
  if (!problem.login_url) {
    // The hub's login page sends whoever is logged in straight back, so the old login must be ended first.
    return {
      text: "Log out of the hub",
      href: new URL("logout", root).href,
      lead: `${problem.hint} Then come back to this page.`,
      done: "logged in",
    };
  }
  const login = new URL(problem.login_url, root);
  login.searchParams.set("next", here);
  if (problem.agree_at) {
    return {
      text: `Agree at ${problem.agree_at}`,
      href: login.href,
      lead: "You are asked there, and then come back to this page.",
      done: "agreed",
    };
  }
  return {
    text: "Log in again",
    href: login.href,
    lead: "Log in to the hub again. You then come back to this page.",
    done: "logged in",
  };
}

/** Notes that the reader leaves the page `here` for a login, and whether they had agreed to what it asks. */
export function leave(here, agreed) {
  // Of this tab and this site only: no link can bring such a note along.
  sessionStorage.setItem(KEY, JSON.stringify({ here, agreed }));
}

/** What was noted when the reader left the page `here`, {agreed}; null if they did not. It is told once. */
export function back(here) {
  const noted = JSON.parse(sessionStorage.getItem(KEY));
  sessionStorage.removeItem(KEY);
  return noted?.here === here ? noted : null;
}
