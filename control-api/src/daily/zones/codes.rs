//! The tables: which area code, postal code and country is in which zone. Facts only; how they are used stands in `zones`.
//!
//! Codes that serve two zones, and stand under the one where most of their people live: 208 and 986 (Idaho), 219, 812 and 930 (Indiana),
//! 270 and 364 (Kentucky), 308 (Nebraska), 432 (Texas), 448 and 850 (Florida), 458 and 541 (Oregon), 605 and 701 (the Dakotas), 620 and
//! 785 (Kansas), 775 (Nevada), 906 (Michigan), 928 (Arizona), 931 (Tennessee), 250 (British Columbia), 807 (Ontario).

/// Zones, and the area codes in them.
#[rustfmt::skip]
pub(super) const AREAS: &[(&str, &[u16])] = &[
    (
        "America/New_York",
        &[
            201, 202, 203, 207, 212, 215, 216, 220, 223, 227, 229, 234, 239, 240, 252, 267, 272, 276, 283, 301, 302, 304, 305,
            315, 321, 324, 326, 330, 332, 336, 339, 347, 351, 352, 363, 380, 386, 401, 404, 407, 410, 412, 413, 419, 423, 434,
            436, 440, 443, 445, 470, 472, 475, 478, 484, 502, 508, 513, 516, 518, 540, 551, 561, 567, 570, 571, 582, 585, 603,
            606, 607, 609, 610, 614, 617, 631, 640, 645, 646, 656, 667, 678, 680, 681, 686, 689, 703, 704, 706, 716, 717, 718,
            724, 727, 728, 732, 740, 743, 754, 757, 762, 770, 771, 772, 774, 781, 786, 802, 803, 804, 813, 814, 826, 828, 835,
            838, 839, 843, 845, 848, 854, 856, 857, 859, 860, 862, 863, 864, 865, 878, 904, 908, 910, 912, 914, 917, 919, 929,
            934, 937, 941, 943, 948, 954, 959, 973, 978, 980, 984,
        ],
    ),
    (
        "America/Detroit",
        &[
            231, 248, 269, 313, 517, 586, 616, 679, 734, 810, 906, 947, 989,
        ],
    ),
    (
        "America/Indiana/Indianapolis",
        &[
            260, 317, 463, 574, 765, 812, 930,
        ],
    ),
    (
        "America/Chicago",
        &[
            205, 210, 214, 217, 218, 219, 224, 225, 228, 235, 251, 254, 256, 262, 270, 274, 281, 308, 309, 312, 314, 316, 318,
            319, 320, 325, 327, 331, 334, 337, 346, 353, 361, 364, 402, 405, 409, 414, 417, 430, 432, 447, 448, 464, 469, 471,
            479, 501, 504, 507, 512, 515, 531, 534, 539, 557, 563, 572, 573, 580, 601, 605, 608, 612, 615, 618, 620, 629, 630,
            636, 641, 651, 659, 660, 662, 682, 701, 708, 712, 713, 715, 726, 730, 731, 737, 763, 769, 773, 779, 785, 806, 815,
            816, 817, 830, 832, 847, 850, 861, 870, 872, 901, 903, 913, 918, 920, 924, 931, 936, 938, 940, 945, 952, 956, 972,
            975, 979, 985,
        ],
    ),
    (
        "America/Denver",
        &[
            303, 307, 385, 406, 435, 505, 575, 719, 720, 801, 915, 970, 983,
        ],
    ),
    (
        "America/Boise",
        &[
            208, 986,
        ],
    ),
    (
        "America/Phoenix",
        &[
            480, 520, 602, 623, 928,
        ],
    ),
    (
        "America/Los_Angeles",
        &[
            206, 209, 213, 253, 279, 310, 323, 341, 350, 357, 360, 369, 408, 415, 424, 425, 442, 458, 503, 509, 510, 530, 541,
            559, 562, 564, 619, 626, 628, 650, 657, 661, 669, 702, 707, 714, 725, 747, 760, 775, 805, 818, 820, 831, 840, 858,
            909, 916, 925, 949, 951, 971,
        ],
    ),
    (
        "America/Anchorage",
        &[
            907,
        ],
    ),
    (
        "Pacific/Honolulu",
        &[
            808,
        ],
    ),
    (
        "America/Puerto_Rico",
        &[
            340, 787, 939,
        ],
    ),
    (
        "Pacific/Guam",
        &[
            670, 671,
        ],
    ),
    (
        "Pacific/Pago_Pago",
        &[
            684,
        ],
    ),
    (
        "America/Vancouver",
        &[
            236, 250, 257, 604, 672, 778,
        ],
    ),
    (
        "America/Edmonton",
        &[
            368, 403, 587, 780, 825,
        ],
    ),
    (
        "America/Regina",
        &[
            306, 474, 639,
        ],
    ),
    (
        "America/Winnipeg",
        &[
            204, 431, 584,
        ],
    ),
    (
        "America/Toronto",
        &[
            226, 249, 263, 289, 343, 354, 365, 367, 382, 416, 418, 437, 438, 450, 468, 514, 519, 548, 579, 581, 613, 647, 683,
            705, 742, 753, 807, 819, 873, 905, 942,
        ],
    ),
    (
        "America/Moncton",
        &[
            428, 506,
        ],
    ),
    (
        "America/Halifax",
        &[
            782, 902,
        ],
    ),
    (
        "America/St_Johns",
        &[
            709, 879,
        ],
    ),
];

/// First three digits of ZIP codes, from and to, where the state has one zone; El Paso has another than the rest of Texas.
const ZIPS: &[(u16, u16, &str)] = &[
    (5, 5, "America/New_York"),
    (6, 9, "America/Puerto_Rico"),
    (10, 89, "America/New_York"),
    (100, 268, "America/New_York"),
    (270, 319, "America/New_York"),
    (350, 369, "America/Chicago"),
    (386, 397, "America/Chicago"),
    (398, 399, "America/New_York"),
    (430, 459, "America/New_York"),
    (500, 528, "America/Chicago"),
    (530, 567, "America/Chicago"),
    (590, 599, "America/Denver"),
    (600, 658, "America/Chicago"),
    (700, 714, "America/Chicago"),
    (716, 797, "America/Chicago"),
    (798, 816, "America/Denver"),
    (820, 831, "America/Denver"),
    (840, 847, "America/Denver"),
    (870, 885, "America/Denver"),
    (900, 961, "America/Los_Angeles"),
    (967, 968, "Pacific/Honolulu"),
    (980, 994, "America/Los_Angeles"),
];

/// Countries, each with the zone of all or of most of its people.
const COUNTRIES: &[(&str, &str)] = &[
    ("us", "America/New_York"),
    ("ca", "America/Toronto"),
    ("gb", "Europe/London"),
    ("ie", "Europe/Dublin"),
    ("de", "Europe/Berlin"),
    ("fr", "Europe/Paris"),
    ("es", "Europe/Madrid"),
    ("it", "Europe/Rome"),
    ("pt", "Europe/Lisbon"),
    ("nl", "Europe/Amsterdam"),
    ("be", "Europe/Brussels"),
    ("lu", "Europe/Luxembourg"),
    ("at", "Europe/Vienna"),
    ("ch", "Europe/Zurich"),
    ("dk", "Europe/Copenhagen"),
    ("se", "Europe/Stockholm"),
    ("no", "Europe/Oslo"),
    ("fi", "Europe/Helsinki"),
    ("is", "Atlantic/Reykjavik"),
    ("pl", "Europe/Warsaw"),
    ("cz", "Europe/Prague"),
    ("sk", "Europe/Bratislava"),
    ("hu", "Europe/Budapest"),
    ("ro", "Europe/Bucharest"),
    ("bg", "Europe/Sofia"),
    ("gr", "Europe/Athens"),
    ("hr", "Europe/Zagreb"),
    ("si", "Europe/Ljubljana"),
    ("ee", "Europe/Tallinn"),
    ("lv", "Europe/Riga"),
    ("lt", "Europe/Vilnius"),
    ("mt", "Europe/Malta"),
    ("cy", "Asia/Nicosia"),
    ("ua", "Europe/Kyiv"),
    ("tr", "Europe/Istanbul"),
    ("il", "Asia/Jerusalem"),
    ("za", "Africa/Johannesburg"),
    ("ng", "Africa/Lagos"),
    ("ke", "Africa/Nairobi"),
    ("eg", "Africa/Cairo"),
    ("in", "Asia/Kolkata"),
    ("jp", "Asia/Tokyo"),
    ("kr", "Asia/Seoul"),
    ("tw", "Asia/Taipei"),
    ("hk", "Asia/Hong_Kong"),
    ("sg", "Asia/Singapore"),
    ("ph", "Asia/Manila"),
    ("au", "Australia/Sydney"),
    ("nz", "Pacific/Auckland"),
    ("mx", "America/Mexico_City"),
    ("br", "America/Sao_Paulo"),
    ("ar", "America/Argentina/Buenos_Aires"),
    ("cl", "America/Santiago"),
    ("co", "America/Bogota"),
    ("pe", "America/Lima"),
    ("pr", "America/Puerto_Rico"),
    ("gu", "Pacific/Guam"),
];

/// By area code.
pub(super) fn of_area(code: u16) -> Option<&'static str> {
    let found = AREAS.iter().find(|(_, areas)| areas.contains(&code));
    found.map(|(zone, _)| *zone)
}

/// By the first three digits of a ZIP code.
pub(super) fn of_zip(prefix: u16) -> Option<&'static str> {
    let found = ZIPS.iter().find(|(from, to, _)| (*from..=*to).contains(&prefix));
    found.map(|(_, _, zone)| *zone)
}

/// By the first letter of a Canadian postal code. Northern Ontario, Nunavut and the Northwest Territories have several zones.
pub(super) fn of_postal(letter: char) -> Option<&'static str> {
    match letter {
        'A' => Some("America/St_Johns"),
        'B' | 'C' => Some("America/Halifax"),
        'E' => Some("America/Moncton"),
        'G' | 'H' | 'J' | 'K' | 'L' | 'M' | 'N' => Some("America/Toronto"),
        'R' => Some("America/Winnipeg"),
        'S' => Some("America/Regina"),
        'T' => Some("America/Edmonton"),
        'V' => Some("America/Vancouver"),
        'Y' => Some("America/Whitehorse"),
        _ => None,
    }
}

/// By country.
pub(super) fn of_country(country: &str) -> Option<&'static str> {
    let found = COUNTRIES.iter().find(|(code, _)| *code == country);
    found.map(|(_, zone)| *zone)
}

/// Every zone that stands in a table beside [`AREAS`].
#[cfg(test)]
pub(super) fn zones() -> impl Iterator<Item = &'static str> {
    let zips = ZIPS.iter().map(|(_, _, zone)| *zone);
    let countries = COUNTRIES.iter().map(|(_, zone)| *zone);
    zips.chain(countries).chain(('A'..='Z').filter_map(of_postal))
}
