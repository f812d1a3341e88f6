//! The address of Kubeflow Pipelines.

use url::Url;

/// Reads the base URL of Kubeflow Pipelines.
///
/// # Errors
/// What is wrong with it, to be read behind its name: "has no scheme, …".
pub fn parse(text: &str) -> Result<Url, &'static str> {
    const NO_SCHEME: &str = "needs a scheme, as in https://kubeflow.example.com/pipeline";
    let url = Url::parse(text.trim()).map_err(|error| match error {
        url::ParseError::RelativeUrlWithoutBase => NO_SCHEME,
        _ => "is not a URL",
    })?;
    if !matches!(url.scheme(), "http" | "https") {
        // `localhost:8080` parses as the scheme `localhost`.
        return Err(if text.contains("://") {
            "must start with http:// or https://"
        } else {
            NO_SCHEME
        });
    }
    if url.fragment().is_some() {
        return Err("is an address inside the UI; leave out everything from `/#/` on");
    }
    if url.password().is_some() || !url.username().is_empty() {
        return Err("must not hold a user name or password");
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_addresses_and_says_what_is_wrong_with_others() {
        for text in [
            "http://localhost:8080",
            "https://kubeflow.example.com/pipeline",
            "https://[::1]/x/",
        ] {
            assert!(parse(text).is_ok(), "{text}");
        }
        for (text, why) in [
            (
                "kubeflow.example.com",
                "needs a scheme, as in https://kubeflow.example.com/pipeline",
            ),
            (
                "localhost:8080",
                "needs a scheme, as in https://kubeflow.example.com/pipeline",
            ),
            (
                "",
                "needs a scheme, as in https://kubeflow.example.com/pipeline",
            ),
            ("ftp://x", "must start with http:// or https://"),
            ("https://", "is not a URL"),
            (
                "https://x/pipeline/#/runs",
                "is an address inside the UI; leave out everything from `/#/` on",
            ),
            (
                "https://me:secret@x",
                "must not hold a user name or password",
            ),
        ] {
            assert_eq!(parse(text).unwrap_err(), why, "{text}");
        }
    }
}
