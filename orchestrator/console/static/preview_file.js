// Claims that light up in a file that holds its own frames. No frame runs a script: its document is given to it again.
"use strict";

(() => {
  const frames = new Map([...document.querySelectorAll(".device iframe")].map((frame) => [frame, frame.srcdoc]));
  let chosen = "";
  let lit = "";

  function light(name) {
    if (name === lit) return;
    lit = name;
    for (const one of document.querySelectorAll("mark[data-claim], [data-claim-of]"))
      one.toggleAttribute("data-lit", lit !== "" && (one.dataset.claim || one.dataset.claimOf) === lit);
    for (const [frame, letter] of frames)
      frame.srcdoc = lit ? letter.replaceAll(`<mark data-claim="${lit}"`, `<mark data-lit data-claim="${lit}"`) : letter;
  }

  const claimOf = (event) => event.target.closest?.("[data-claim-of]")?.dataset.claimOf;
  for (const name of ["mouseover", "focusin"])
    document.addEventListener(name, (event) => claimOf(event) && light(claimOf(event)));
  for (const name of ["mouseout", "focusout"])
    document.addEventListener(name, (event) => claimOf(event) && light(chosen));
  document.addEventListener("click", (event) => {
    const name = claimOf(event);
    if (!name) return;
    event.preventDefault();
    chosen = chosen === name ? "" : name;
    light(chosen || name);
  });
})();
