//! Tests of what can be a region, and of what was probably meant.

use super::*;

#[test]
fn a_region_has_a_form_and_can_be_part_of_a_host_name() {
    for (text, expected) in [
        ("us-east-1", Ok(())),
        ("us-gov-west-1", Ok(())),
        ("eu-isoe-west-1", Ok(())),
        ("eusc-de-east-1", Ok(())),
        ("xx-new-12", Ok(())),
        ("eu-cental-1", Ok(())),
        ("us-east-1a", Err(Flaw::Zone)),
        ("xx-new-1b", Err(Flaw::Zone)),
        ("us-west-2-lax-1a", Err(Flaw::Zone)),
        ("us-east-1-wl1-bos-wlz-1", Err(Flaw::Zone)),
        ("use1-az1", Err(Flaw::Zone)),
        ("apne2-az3", Err(Flaw::Zone)),
        ("US-EAST-1", Err(Flaw::Form)),
        ("Frankfurt", Err(Flaw::Form)),
        ("us-east", Err(Flaw::Form)),
        ("us-east-01", Err(Flaw::Form)),
        ("us-east-100", Err(Flaw::Form)),
        ("eu-central1", Err(Flaw::Form)),
        ("us--1", Err(Flaw::Form)),
        ("us-1", Err(Flaw::Form)),
        ("u-east-1", Err(Flaw::Form)),
        ("aws-global", Err(Flaw::Form)),
        ("local", Err(Flaw::Form)),
        ("1", Err(Flaw::Form)),
        ("us_east_1", Err(Flaw::Unfit)),
        ("us-east-1 ", Err(Flaw::Unfit)),
        ("us-east-1\r", Err(Flaw::Unfit)),
        ("a.b", Err(Flaw::Unfit)),
        ("", Err(Flaw::Unfit)),
    ] {
        assert_eq!(check(text), expected, "{text}");
    }
}

#[test]
fn every_known_region_has_the_form() {
    for (region, places) in KNOWN {
        assert_eq!(check(region), Ok(()), "{region}");
        assert_eq!(likely(region), [region]);
        for place in places {
            assert_eq!(likely(place), [region], "{place}");
        }
    }
}

#[test]
fn a_label_is_anything_that_can_be_part_of_a_host_name() {
    let longest = "a".repeat(63);
    for region in ["us-east-1", "eu-isoe-west-1", "local", "1", &longest] {
        assert!(is_label(region), "{region}");
    }
    let too_long = "a".repeat(64);
    for region in [
        "",
        "us-east-1 ",
        "us_east",
        "a.b",
        "-a",
        "a-",
        "a/b",
        "ä",
        &too_long,
    ] {
        assert!(!is_label(region), "{region}");
    }
}

#[test]
fn the_region_that_was_meant_is_found() {
    for (text, expected) in [
        ("us-east-1a", &["us-east-1"][..]),
        ("US-EAST-1", &["us-east-1"]),
        ("us_east_1", &["us-east-1"]),
        (" eu-west-3\r\n", &["eu-west-3"]),
        ("US East 1", &["us-east-1"]),
        ("us-west-2-lax-1a", &["us-west-2"]),
        ("us-east-1-fips", &["us-east-1"]),
        ("use1-az4", &["us-east-1"]),
        ("apse2", &["ap-southeast-2"]),
        ("usgw1-az1", &["us-gov-west-1"]),
        ("Frankfurt", &["eu-central-1"]),
        ("Europe (Frankfurt)", &["eu-central-1"]),
        ("US East (N. Virginia)", &["us-east-1"]),
        ("Asia Pacific (Hong Kong)", &["ap-east-1"]),
        ("eu-cental-1", &["eu-central-1"]),
        ("eu-central1", &["eu-central-1"]),
        ("useast-1", &["us-east-1"]),
        ("us-est-1", &["us-east-1", "us-west-1"]),
        ("eu-central-3", &["eu-central-1", "eu-central-2"]),
        ("xx-new-1b", &["xx-new-1"]),
        ("local", &[]),
        ("aws-global", &[]),
        ("", &[]),
        ("1", &[]),
    ] {
        assert_eq!(likely(text), expected, "{text}");
    }
}

#[test]
fn many_regions_are_no_hint() {
    assert_eq!(hint("us-east-1a"), "did you mean `us-east-1`?");
    assert_eq!(hint("us-est-1"), "did you mean `us-east-1` or `us-west-1`?");
    for text in ["nowhere", "ap-southeast-0"] {
        assert_eq!(hint(text), "a region looks like `eu-central-1`", "{text}");
    }
}

#[test]
fn an_unknown_region_is_found_in_a_host_name() {
    for (host, expected) in [
        ("sts.eu-cental-1.amazonaws.com", Some("eu-cental-1")),
        ("portal.sso.eu-cental-1.amazonaws.com", Some("eu-cental-1")),
        ("sts.cn-nroth-1.amazonaws.com.cn", Some("cn-nroth-1")),
        ("sts.eu-cental-1.api.aws", Some("eu-cental-1")),
        ("sts.eu-central-1.amazonaws.com", None),
        ("sts.amazonaws.com", None),
        ("sts.eu-cental-1.example.com", None),
        ("localhost", None),
    ] {
        assert_eq!(unknown_in(host), expected, "{host}");
    }
}
