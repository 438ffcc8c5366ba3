// What a Node.js service tracks with the package matomo-tracker: node node.js URL
const MatomoTracker = require("matomo-tracker");

const tracker = new MatomoTracker(1, process.argv[2]);
tracker.on("error", (error) => {
  console.error(`error: ${error}`);
  process.exitCode = 1;
});
const visitor = { _id: "00112233445566aa", ua: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0" };
tracker.trackBulk(
  [
    { ...visitor, url: "http://shop.test/a", action_name: "A é & b" },
    { ...visitor, url: "http://shop.test/a", e_c: "list", e_a: "sort", e_n: "price", e_v: "2" },
    { ...visitor, url: "http://shop.test/b", search: "shoes", search_count: 3 },
  ],
  (answer) => {
    console.log(answer);
    tracker.track({ ...visitor, url: "http://shop.test/after", action_name: "after" });
  },
);
