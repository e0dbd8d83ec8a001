//! Time zones as GNU du gets them from the C library. The expected output was recorded once from GNU du, since it depends on
//! the C library and the zone database of the machine; `differential` compares some zones anew.

use std::path::Path;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use pdu::gnu::zone::zone;

use crate::support::skip::skip;

/// The time, the offset and the name, as `%H:%M:%S %z %Z` has them.
fn said(zone: &TimeZone, seconds: i64) -> String {
    let time = Timestamp::from_second(seconds).expect("it is one");
    let info = zone.to_offset_info(time);
    let local = zone.to_datetime(time).strftime("%H:%M:%S").to_string();
    let offset = info.offset().seconds();
    let sign = if offset < 0 { '-' } else { '+' };
    let (hours, minutes) = (offset.abs() / 3600, offset.abs() / 60 % 60);
    let name = match *zone == TimeZone::unknown() {
        true => "",
        false => info.abbreviation(),
    };
    format!("{local} {sign}{hours:02}{minutes:02} {name}")
}

fn has_database() -> bool {
    let is_there = Path::new("/usr/share/zoneinfo")
        .join("Europe/Berlin")
        .exists();
    if !is_there {
        skip("there is no zone database");
    }
    is_there
}

/// The output of GNU du 9.10 with `TZ` (glibc 2.36) for 2026-07-15 12:00:00 and 2026-11-22 00:06:31 UTC.
#[rustfmt::skip]
#[test]
fn every_tz_means_what_it_means_to_the_c_library() {
    if !has_database() {
        return;
    }
    for (tz, july, november) in [
        ("Nowhere/x", "12:00:00 +0000 Nowhere", "00:06:31 +0000 Nowhere"),
        ("No/Where", "12:00:00 +0000 ", "00:06:31 +0000 "),
        ("UTC0", "12:00:00 +0000 UTC", "00:06:31 +0000 UTC"),
        ("", "12:00:00 +0000 UTC", "00:06:31 +0000 UTC"),
        (":", "12:00:00 +0000 UTC", "00:06:31 +0000 UTC"),
        ("EST5EDT", "08:00:00 -0400 EDT", "19:06:31 -0500 EST"),
        ("AAA5", "07:00:00 -0500 AAA", "19:06:31 -0500 AAA"),
        ("AAA5BBB", "08:00:00 -0400 BBB", "19:06:31 -0500 AAA"),
        ("AAA5BBB6", "06:00:00 -0600 BBB", "19:06:31 -0500 AAA"),
        ("AAA5BBB,J60,J300", "08:00:00 -0400 BBB", "19:06:31 -0500 AAA"),
        ("AAA5BBB,60,300", "08:00:00 -0400 BBB", "19:06:31 -0500 AAA"),
        ("AAA5BBB,J60,J300,J200", "08:00:00 -0400 BBB", "19:06:31 -0500 AAA"),
        ("EST5EDT4,M3.2.0/2", "08:00:00 -0400 EDT", "19:06:31 -0500 EST"),
        ("AAA5BBB,M03.02.00,M11.01.00x", "08:00:00 -0400 BBB", "19:06:31 -0500 AAA"),
        ("AAA5BBB,M3.2.0/168,M11.1.0/", "08:00:00 -0400 BBB", "19:06:31 -0500 AAA"),
        ("NZST-12NZDT,M9.5.0,M4.1.0/3", "00:00:00 +1200 NZST", "13:06:31 +1300 NZDT"),
        ("<+03>-3", "15:00:00 +0300 +03", "03:06:31 +0300 +03"),
        ("AAA-1:2:3", "13:02:03 +0102 AAA", "01:08:34 +0102 AAA"),
        ("UTC+25", "12:00:00 -2400 UTC", "00:06:31 -2400 UTC"),
        ("AAA005", "07:00:00 -0500 AAA", "19:06:31 -0500 AAA"),
        ("CET-1CEST", "14:00:00 +0200 CEST", "01:06:31 +0100 CET"),
        (":Europe/Berlin", "14:00:00 +0200 CEST", "01:06:31 +0100 CET"),
        ("Europe/../Europe/Paris", "14:00:00 +0200 CEST", "01:06:31 +0100 CET"),
        ("/usr/share/zoneinfo/Asia/Tokyo", "21:00:00 +0900 JST", "09:06:31 +0900 JST"),
        ("Europe", "12:00:00 +0000 Europe", "00:06:31 +0000 Europe"),
        ("/etc/passwd", "12:00:00 +0000 ", "00:06:31 +0000 "),
        ("AAA", "12:00:00 +0000 AAA", "00:06:31 +0000 AAA"),
        ("AA5", "12:00:00 +0000 ", "00:06:31 +0000 "),
        ("AAA5 ", "12:00:00 +0000 ", "00:06:31 +0000 "),
        ("A\u{ff}B5", "12:00:00 +0000 ", "00:06:31 +0000 "),
    ] {
        let zone = zone(Some(tz.as_ref()), None, read);
        assert_eq!(said(&zone, 1_784_116_800), july, "{tz:?}");
        assert_eq!(said(&zone, 1_795_305_991), november, "{tz:?}");
    }
}

#[test]
fn the_database_is_where_tzdir_says_unless_that_is_empty() {
    if !has_database() {
        return;
    }
    let europe = Path::new("/usr/share/zoneinfo")
        .join("Europe")
        .into_os_string();
    for (directory, name, expected) in [
        (europe.as_os_str(), "Berlin", "14:00:00 +0200 CEST"),
        ("".as_ref(), "Europe/Berlin", "14:00:00 +0200 CEST"),
        (
            "/nowhere".as_ref(),
            "Europe/Berlin",
            "12:00:00 +0000 Europe",
        ),
    ] {
        let zone = zone(Some(name.as_ref()), Some(directory), read);
        assert_eq!(said(&zone, 1_784_116_800), expected, "{directory:?}");
    }
    let system = zone(Some("/etc/localtime".as_ref()), None, read);
    assert_eq!(said(&zone(None, None, read), 0), said(&system, 0));
}

fn read(path: &std::path::Path) -> Option<Vec<u8>> {
    std::fs::read(path).ok()
}
