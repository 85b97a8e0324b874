/* The brand studio: pickers beside the colours, a word on contrast, and the preview that follows the form before it is saved.
   Colours are judged as apps/tenants/branding.py does it; the server's word counts. */
(() => {
  const form = document.querySelector("[data-brand-form]");
  const preview = document.querySelector("[data-brand-preview]");
  if (!form || !preview) return;
  const LEAST_CONTRAST = 4.5;
  const DARK_GROUND = "#151b26";
  const PICTURE_TYPES = ["image/png", "image/jpeg", "image/webp"];
  const fonts = JSON.parse(preview.dataset.fonts);
  const looks = [...preview.querySelectorAll(".preview-look")];
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
  const nearest = (colour, towards, steps, ground) => {
    for (let step = 0; step <= steps; step += 1) {
      const shade = mix(colour, towards, step / steps);
      if (contrast(shade, ground) >= LEAST_CONTRAST) return shade;
    }
    return towards;
  };
  const darker = (colour) => nearest(colour, "#000000", 20, "#ffffff");
  const forDark = (colour) => nearest(colour, "#ffffff", 10, DARK_GROUND);
  const textOn = (colour) => (contrast(colour, "#ffffff") >= contrast(colour, "#111827") ? "#ffffff" : "#111827");
  const initials = (name) => name.split(/[^\p{L}\p{N}_]+/u).filter(Boolean).slice(0, 2).map((word) => [...word][0]).join("").toUpperCase() || "•";
  const fill = (words, values) => words.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

  // Worn by each copy itself: on a dark one the page's own stylesheet would set the live brand's values again.
  const wear = (name, value) => { for (const look of looks) look.style.setProperty(`--brand-${name}`, value); };
  const paint = (part, colour) => {
    for (const look of looks) {
      const worn = look.dataset.bsTheme === "dark" ? forDark(colour) : colour;
      const set = (name, value) => look.style.setProperty(`--brand-${part}${name}`, value);
      set("", worn);
      set("-rgb", rgb(worn).join(","));
      set("-contrast", textOn(worn));
      if (part !== "primary") continue;
      set("-dark", mix(worn, "#000000", 0.18));
      look.style.setProperty("--tried-primary", colour);
    }
  };
  const showShades = (box, colour) => {
    const shades = box.querySelector("[data-colour-shades]");
    if (!shades) return;
    shades.hidden = false;
    const made = { dark: mix(colour, "#000000", 0.18), plain: colour, soft: mix(colour, "#ffffff", 0.9), night: forDark(colour) };
    for (const shade of shades.querySelectorAll("[data-shade]")) shade.style.background = made[shade.dataset.shade];
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
    words.textContent = fill(isReadable ? words.dataset.readable : words.dataset.tooLight, { ratio: ratio.toFixed(1), least: LEAST_CONTRAST });
    suggestion.hidden = isReadable;
    suggestion.value = isReadable ? "" : darker(colour);
    suggestion.textContent = fill(suggestion.dataset.words, { colour: suggestion.value });
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
      showShades(box, colour);
      if (text.name !== "mail_header_colour") paint(text.name.replace("_colour", ""), colour);
    }
  };
  const followShape = () => {
    const body = fonts[typed("font")] ?? fonts.inter;
    wear("font", body);
    wear("heading-font", fonts[typed("heading_font")] ?? body);
    const radius = Number(typed("corner_radius"));
    if (Number.isFinite(radius)) wear("radius", `${Math.min(Math.max(radius, 0), Number(field("corner_radius").max))}px`);
    preview.querySelector(".preview-portal").dataset.side = typed("side_scheme") || "dark";
    preview.querySelector(".preview-mail").dataset.header = typed("mail_header") || "mark";
    const head = preview.querySelector("[data-preview-head]");
    const band = typed("mail_header_colour").toLowerCase();
    head.classList.toggle("has-band", isColour(band));
    head.style.background = isColour(band) ? band : "";
    head.style.color = isColour(band) ? textOn(band) : "";
  };
  const followWords = () => {
    for (const place of preview.querySelectorAll("[data-shows]")) {
      const words = typed(place.dataset.shows);
      place.textContent = words ? (place.dataset.before ?? "") + words : (place.dataset.otherwise ?? "");
    }
    for (const mark of preview.querySelectorAll("[data-preview-initials], [data-preview-initials-always]")) mark.textContent = initials(typed("name"));
    const from = preview.querySelector("[data-preview-from]");
    const stored = from.dataset.otherwise.match(/<([^>]*)>/)?.[1] ?? from.dataset.otherwise;
    const address = typed("mail_sender_address") || (field("mail_sender_address").defaultValue ? from.dataset.platform : stored);
    from.textContent = `${typed("mail_sender_name") || typed("name")} <${address}>`;
  };

  /* a logo this wide holds the name itself, as apps/tenants/branding.py decides it */
  const WORDMARK = 2.2;
  for (const logo of preview.querySelectorAll("[data-preview-logo]")) {
    const measure = () => logo.parentElement.classList.toggle("is-wordmark", !logo.hidden && logo.naturalWidth >= WORDMARK * logo.naturalHeight && logo.naturalHeight > 0);
    logo.addEventListener("load", measure);
    new MutationObserver(measure).observe(logo, { attributeFilter: ["hidden"] });
  }

  /* pictures: what is stored, or the file that was chosen a moment ago */
  const pictures = {};
  for (const box of form.querySelectorAll("[data-picture-field]")) pictures[box.dataset.pictureField] = box.querySelector("[data-picture]").getAttribute("src");
  const stored = { ...pictures };
  const showPictures = () => {
    for (const logo of preview.querySelectorAll("[data-preview-logo]")) {
      const ground = logo.closest(".preview-look");
      const isDark = ground.dataset.bsTheme === "dark" || (logo.closest(".preview-side") && ground.dataset.side !== "light");
      const source = (isDark && pictures.logo_dark) || pictures.logo;
      if (source) logo.src = source;
      logo.hidden = !source;
      logo.classList.toggle("plated", Boolean(isDark && source && !pictures.logo_dark));
      logo.parentElement.querySelector("[data-preview-initials]").hidden = Boolean(source);
    }
    for (const place of preview.querySelectorAll("[data-preview-picture]")) {
      const band = typed("mail_header_colour").toLowerCase();
      const isOnDark = place.dataset.previewPicture === "logo" && isColour(band) && textOn(band) === "#ffffff";
      const source = (isOnDark && pictures.logo_dark) || pictures[place.dataset.previewPicture];
      if (source) place.src = source;
      place.hidden = !source;
    }
  };
  const followPicture = (box) => {
    const name = box.dataset.pictureField;
    const file = field(name).files[0];
    const shown = box.querySelector("[data-picture]");
    const take = (source) => {
      pictures[name] = source;
      if (source) shown.src = source;
      box.querySelector("[data-picture-frame]").hidden = !source;
      showPictures();
    };
    if (!file || !PICTURE_TYPES.includes(file.type)) return take(field(`remove_${name}`)?.checked ? null : stored[name]);
    const reader = new FileReader();
    reader.addEventListener("load", () => { if (field(name).files[0] === file) take(reader.result); });
    return reader.readAsDataURL(file);
  };
  const followPictures = () => form.querySelectorAll("[data-picture-field]").forEach(followPicture);
  const follow = () => { followColours(); followShape(); followWords(); showPictures(); };

  /* one copy at a time, light or dark */
  const press = (buttons, chosen) => { for (const button of buttons) button.setAttribute("aria-pressed", String(button === chosen)); };
  const tabs = [...preview.querySelectorAll("[data-preview-tab]")];
  const schemes = [...preview.querySelectorAll("[data-preview-scheme]")];
  const showPart = (button) => {
    press(tabs, button);
    for (const part of preview.querySelectorAll("[data-preview-part]")) part.hidden = part.dataset.previewPart !== button.dataset.previewTab;
  };
  const showScheme = (button) => {
    press(schemes, button);
    for (const look of looks) look.dataset.bsTheme = button.dataset.previewScheme;
    follow();
  };
  preview.querySelector("[data-preview-tools]").hidden = false;
  preview.classList.add("has-tabs");
  for (const button of tabs) button.addEventListener("click", () => showPart(button));
  for (const button of schemes) button.addEventListener("click", () => showScheme(button));
  showPart(tabs[0]);

  for (const box of form.querySelectorAll("[data-colour-field]")) {
    const picker = box.querySelector("[data-colour-picker]");
    const text = box.querySelector("input:not([type=color])");
    const take = (colour) => { text.value = colour; text.dispatchEvent(new Event("input", { bubbles: true })); };
    if (box.querySelector(".field-error")) box.dataset.refused = text.value.trim().toLowerCase();
    picker.hidden = false;
    picker.addEventListener("input", () => take(picker.value));
    box.querySelector("[data-colour-suggestion]").addEventListener("click", (click) => { take(click.currentTarget.value); text.focus(); });
  }
  // What part of the look a field belongs to is shown while it is typed in.
  const partOf = (name) => (name.startsWith("mail_") ? "mail" : name.startsWith("sign_in") ? "entrance" : null);
  form.addEventListener("focusin", (focus) => {
    const part = partOf(focus.target.name ?? "");
    const tab = tabs.find((button) => button.dataset.previewTab === part);
    if (tab) showPart(tab);
  });
  form.addEventListener("input", (input) => {
    if (!input.target.name) return;
    const box = input.target.closest("[data-picture-field]");
    if (box) followPicture(box); else follow();
  });
  addEventListener("pageshow", () => { follow(); followPictures(); });
})();
