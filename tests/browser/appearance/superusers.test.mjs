import { pagesAreForEveryone } from "../harness/appearance.mjs";
import { tours } from "../harness/tour/index.mjs";

pagesAreForEveryone("superusers", tours.superusersPages);
