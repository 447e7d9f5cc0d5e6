/* For the practice's own site: <script src="https://…/begin/embed.js" data-title="Schedule a consultation"></script>
   Puts a frame where the tag stands, and gives it the height that it asks for. Keeps nothing, reads nothing. */
(() => {
  "use strict";
  const tag = document.currentScript;
  const card = new URL("embed", tag.src);
  const frame = document.createElement("iframe");
  frame.src = card.href;
  frame.title = tag.dataset.title || "Schedule a consultation";
  frame.referrerPolicy = "no-referrer";
  frame.loading = "lazy";
  frame.width = "100%";
  frame.height = tag.dataset.height || "320";
  frame.style.border = "0";
  addEventListener("message", (event) => {
    if (event.origin !== card.origin || event.source !== frame.contentWindow) return;
    const height = event.data && event.data.softstartHeight;
    if (Number.isInteger(height) && height > 0 && height < 2000) frame.height = String(height);
  });
  tag.after(frame);
})();
