//! The users of the demo site. Their addresses are reserved for examples (RFC 2606, RFC 3849, RFC 5737).

/// A user of the demo site.
#[derive(Debug)]
pub(super) struct Person {
    pub(super) username: &'static str,
    pub(super) email: &'static str,
    /// How many days ago they registered.
    pub(super) joined_days_ago: i64,
}

/// The superuser whose login is printed.
pub(super) const SUPERUSER: &str = "ines.okafor";
pub(super) const OTHER_SUPERUSER: &str = "Þóra.Björk.Sigurðardóttir";
/// The member of staff whose login is printed.
pub(super) const STAFF: &str = "mateo.lindqvist";
pub(super) const OTHER_STAFF: [&str; 3] = ["priya.raman", "علي.حداد", "d.nakagawa"];
/// The member whose login is printed.
pub(super) const MEMBER: &str = "yuki.tanaka";

const fn person(username: &'static str, email: &'static str, joined_days_ago: i64) -> Person {
    Person { username, email, joined_days_ago }
}

/// All users, roughly in the order in which they joined.
pub(super) const PEOPLE: [Person; 61] = [
    person(SUPERUSER, "ines@riverside.example", 420),
    person(OTHER_SUPERUSER, "thora@riverside.example", 419),
    person(STAFF, "mateo@riverside.example", 417),
    person("priya.raman", "priya@riverside.example", 401),
    person("علي.حداد", "ali.haddad@riverside.example", 377),
    person("d.nakagawa", "daisuke@riverside.example", 298),
    person("Ζωή.Παπαδοπούλου", "zoe.p@example.org", 366),
    person("анна.кузнецова", "anna.kuznetsova@example.net", 359),
    person("tom_baker", "tom.baker@example.com", 351),
    person("李雷", "lei.li@example.com", 344),
    person("marie-claire.dubois", "mc.dubois@example.org", 337),
    person("आरती.शर्मा", "aarti.sharma@example.org", 329),
    person("ราชา", "racha@example.net", 320),
    person("oluwaseun.adebayo", "seun@example.com", 311),
    person("jürgen.groß", "juergen.gross@example.org", 305),
    person("김민준", "minjun.kim@example.net", 297),
    person("sofía.hernández", "sofia.h@example.com", 290),
    person("נועה.לוי", "noa.levi@example.org", 281),
    person("Wilhelmina-Charlotte.van.den.Heuvel-Steenbergen", "wilhelmina.charlotte@example.org", 275),
    person("kwame_mensah", "kwame@example.com", 268),
    person("fatima.el-amrani", "fatima.elamrani@example.net", 260),
    person("さくら", "sakura@example.org", 251),
    person("łukasz.wiśniewski", "lukasz.w@example.com", 244),
    person("ავთანდილ", "avto@example.net", 238),
    person("grace_hopper_fan", "gh.fan@example.com", 229),
    person("Նարեկ", "narek@example.org", 221),
    person("luca.bianchi", "luca.bianchi@example.com", 213),
    person("தமிழரசி", "tamilarasi@example.net", 206),
    person("björn.åkesson", "bjorn@example.org", 198),
    person("amélie", "amelie.laurent@example.com", 190),
    person("мирослава.шевченко", "myroslava@example.org", 183),
    person("tane.ngata", "tane@example.net", 175),
    person("যমুনা", "jamuna@example.com", 168),
    person("nguyễn.thị.hương", "huong.nguyen@example.org", 160),
    person("j.p.oconnor", "jp.oconnor@example.com", 153),
    person("ሰላም", "selam@example.net", 145),
    person("lucia+riverside", "lucia+riverside@example.com", 138),
    person("王小明", "xiaoming.wang@example.org", 131),
    person("maria-das-dores.albuquerque.cavalcanti.de-vasconcelos-e-silva", "mdda@example.org", 124),
    person("deniz.yıldız", "deniz@example.com", 116),
    person("sam", "sam@example.net", 109),
    person("пётр.ильин", "petr.ilyin@example.org", 101),
    person("chidi.eze", "chidi.eze@example.com", 94),
    person("yasmin.farouk", "yasmin@example.net", 87),
    person("hana.novotná", "hana.novotna@example.org", 80),
    person("ravi_k", "ravi.k@example.com", 72),
    person("Ελένη", "eleni@example.net", 65),
    person("ida.mäkinen", "ida.makinen@example.org", 59),
    person(MEMBER, "yuki.tanaka@example.com", 52),
    person("حسن", "hassan@example.org", 46),
    person("thabo.mokoena", "thabo@example.net", 40),
    person("clara.o-neill", "clara@example.com", 35),
    person("박서연", "seoyeon.park@example.org", 30),
    person("viktor1987", "viktor1987@example.net", 26),
    person("isabela.costa", "isabela.costa@example.com", 21),
    person("emre.demir", "emre@example.org", 17),
    person("cheap-watches-24", "sales@cheap-watches.example", 13),
    person("linh.trần", "linh@example.net", 10),
    person("owen.hughes", "owen.hughes@example.com", 6),
    person("新井.美咲", "misaki.arai@example.org", 3),
    person("freya", "freya.lund@example.com", 1),
];

const USER_AGENTS: [&str; 7] = [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Safari/605.1.15",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
    "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
];

/// The `User-Agent` of a user's device, both given by number.
pub(super) const fn user_agent(person: usize, device: usize) -> &'static str {
    USER_AGENTS[(person * 3 + device * 2) % USER_AGENTS.len()]
}

/// The IP address of a user's device.
pub(super) fn address(person: usize, device: usize) -> String {
    if (person + device).is_multiple_of(3) {
        format!("2001:db8:{:x}:{:x}::{:x}", 0x40 + person, device, person * 7 + 1)
    } else {
        format!("192.0.2.{}", 1 + (person * 4 + device) % 254)
    }
}
