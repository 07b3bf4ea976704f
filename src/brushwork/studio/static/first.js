// Before the first paint: what this browser has kept decides how the page looks.
const root = document.documentElement;
if (localStorage.getItem("theme")) root.dataset.theme = localStorage.getItem("theme");
if (localStorage.getItem("draft")?.startsWith('{"photo":{')) root.dataset.draft = "";
