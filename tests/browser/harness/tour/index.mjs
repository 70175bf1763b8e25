// Every page of the site, in each state that looks different.
//
// Each tour yields its sights in order, on its own stage. Visit each sight before the next one is requested, because
// the site changes in between.

import { membersPages } from "./members.mjs";
import { pagesWithEndNotice } from "./notices.mjs";
import { staffPages } from "./staff.mjs";
import { superusersPages } from "./superusers.mjs";
import { visitorsPages } from "./visitors.mjs";

export const tours = { visitorsPages, membersPages, pagesWithEndNotice, staffPages, superusersPages };
