// Every page of the site, in each state that looks different.
//
// Each tour yields its sights in turn, over a stage of its own. Each sight must be looked at before the next
// is asked for: the site changes in between.

import { membersPages } from "./members.mjs";
import { staffPages } from "./staff.mjs";
import { superusersPages } from "./superusers.mjs";
import { pagesThatAreTold } from "./told.mjs";
import { visitorsPages } from "./visitors.mjs";

export const tours = { visitorsPages, membersPages, pagesThatAreTold, staffPages, superusersPages };
