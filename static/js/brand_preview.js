/* The brand page: pickers beside the colours, a word on contrast, and the preview that follows the form before it is saved.
   Colours are judged as apps/tenants/branding.py does it; the server's word counts. */
(() => {
  const form = document.querySelector("[data-brand-form]");
  const preview = document.querySelector("[data-brand-preview]");
  if (!form || !preview) return;
  const LEAST_CONTRAST = 4.5;
  const LOGO_TYPES = ["image/png", "image/jpeg", "image/webp"];
  const fonts = JSON.parse(preview.dataset.fonts);
  const field = (name) => form.elements.namedItem(name);
  const typed = (name) => field(name).value.trim();
  const isColour = (text) => /^#[0-9a-f]{6}$/i.test(text);

  const rgb = (colour) => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
  const luminance = (colour) => {
    const [red, green, blue] = rgb(colour).map((part) => part / 255).map((p) => (p <= 0.04045 ? p / 12.92 : ((p + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const contrast = (one, other) => {
    const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
  };
  const mix = (colour, other, share) => {
    const end = rgb(other);
    return `#${rgb(colour).map((part, at) => Math.round(part + (end[at] - part) * share).toString(16).padStart(2, "0")).join("")}`;
  };
  const darker = (colour) => {
    for (let step = 1; step < 20; step += 1) {
      const shade = mix(colour, "#000000", step / 20);
      if (contrast(shade, "#ffffff") >= LEAST_CONTRAST) return shade;
    }
    return "#000000";
  };
  const textOn = (colour) => (contrast(colour, "#ffffff") >= contrast(colour, "#111827") ? "#ffffff" : "#111827");
  const initials = (name) => name.split(/[^\p{L}\p{N}_]+/u).filter(Boolean).slice(0, 2).map((word) => [...word][0]).join("").toUpperCase() || "•";

  const wear = (name, value) => preview.style.setProperty(`--brand-${name}`, value);
  const paint = (part, colour) => {
    wear(part, colour);
    wear(`${part}-rgb`, rgb(colour).join(","));
    wear(`${part}-contrast`, textOn(colour));
    if (part === "primary") wear("primary-dark", mix(colour, "#000000", 0.18));
  };
  const judge = (box, colour) => {
    const verdict = box.querySelector("[data-colour-verdict]");
    const suggestion = box.querySelector("[data-colour-suggestion]");
    const ratio = contrast(colour, "#ffffff");
    const isReadable = ratio >= LEAST_CONTRAST;
    // What the server said of the colour sent before is out of date once another one is typed.
    const isRefused = colour === box.dataset.refused;
    box.querySelector(".field-error")?.parentElement.toggleAttribute("hidden", !isRefused);
    verdict.hidden = false;
    verdict.classList.toggle("too-light", !isReadable);
    const words = box.querySelector("[data-colour-words]");
    words.hidden = isRefused;
    words.textContent = isReadable
      ? `Easy to read on white (contrast ${ratio.toFixed(1)}).`
      : `Too light to read on white (contrast ${ratio.toFixed(1)}, at least ${LEAST_CONTRAST} is needed).`;
    suggestion.hidden = isReadable;
    suggestion.value = isReadable ? "" : darker(colour);
    suggestion.textContent = `Use ${suggestion.value}`;
  };
  const followColours = () => {
    for (const box of form.querySelectorAll("[data-colour-field]")) {
      const text = box.querySelector("input:not([type=color])");
      const colour = text.value.trim().toLowerCase();
      if (!isColour(colour)) {
        box.querySelector("[data-colour-verdict]").hidden = true;
        continue;
      }
      box.querySelector("[data-colour-picker]").value = colour;
      judge(box, colour);
      paint(text.name.replace("_colour", ""), colour);
    }
  };
  const followShape = () => {
    wear("font", fonts[typed("font")] ?? fonts.inter);
    const radius = Number(typed("corner_radius"));
    if (Number.isFinite(radius)) wear("radius", `${Math.min(Math.max(radius, 0), Number(field("corner_radius").max))}px`);
  };
  const followWords = () => {
    for (const place of preview.querySelectorAll("[data-shows]")) {
      const words = typed(place.dataset.shows);
      place.textContent = words ? (place.dataset.before ?? "") + words : (place.dataset.otherwise ?? "");
    }
    for (const mark of preview.querySelectorAll("[data-preview-initials], [data-preview-initials-always]")) mark.textContent = initials(typed("name"));
    const from = preview.querySelector("[data-preview-from]");
    const stored = from.dataset.otherwise.match(/<([^>]*)>/)?.[1] ?? from.dataset.otherwise;
    const address = typed("mail_sender_address") || (field("mail_sender_address").defaultValue ? "the platform's address" : stored);
    from.textContent = `${typed("mail_sender_name") || typed("name")} <${address}>`;
  };
  const logo = preview.querySelector("[data-preview-logo]");
  const storedLogo = logo.getAttribute("src");
  const showLogo = (source) => {
    if (source) logo.src = source;
    logo.hidden = !source;
    preview.querySelector("[data-preview-initials]").hidden = Boolean(source);
  };
  const followLogo = () => {
    const file = field("logo").files[0];
    if (!file || !LOGO_TYPES.includes(file.type)) {
      showLogo(field("remove_logo")?.checked ? null : storedLogo);
      return;
    }
    const reader = new FileReader();
    reader.addEventListener("load", () => { if (field("logo").files[0] === file) showLogo(reader.result); });
    reader.readAsDataURL(file);
  };
  const follow = () => { followColours(); followShape(); followWords(); followLogo(); };

  for (const box of form.querySelectorAll("[data-colour-field]")) {
    const picker = box.querySelector("[data-colour-picker]");
    const text = box.querySelector("input:not([type=color])");
    const take = (colour) => { text.value = colour; text.dispatchEvent(new Event("input", { bubbles: true })); };
    if (box.querySelector(".field-error")) box.dataset.refused = text.value.trim().toLowerCase();
    picker.hidden = false;
    picker.addEventListener("input", () => take(picker.value));
    box.querySelector("[data-colour-suggestion]").addEventListener("click", (click) => { take(click.currentTarget.value); text.focus(); });
  }
  form.addEventListener("input", (input) => { if (input.target.name) { if (input.target.type === "file") followLogo(); else follow(); } });
  addEventListener("pageshow", follow);
})();
