import { pagesAreForEveryone } from "../harness/appearance.mjs";
import { tours } from "../harness/tour/index.mjs";

pagesAreForEveryone("members whose login ends", tours.pagesWithEndNotice);
