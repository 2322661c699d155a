//! A point on the earth, and how far it is to another.

/// Kilometres; good enough to tell which office is nearer.
const EARTH_RADIUS_KM: f64 = 6_371.0;

/// Degrees.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// North.
    pub lat: f64,
    /// East.
    pub lon: f64,
}

impl Point {
    /// A point that is on the earth.
    pub fn new(lat: f64, lon: f64) -> Option<Point> {
        let right = lat.is_finite() && lon.is_finite() && lat.abs() <= 90.0 && lon.abs() <= 180.0;
        right.then_some(Point { lat, lon })
    }

    /// Reads `36.65,-87.46`, with a comma, a semicolon or a space between.
    pub fn parse(text: &str) -> Option<Point> {
        let mut parts = text.split([',', ';', ' ']).filter(|part| !part.is_empty());
        let (lat, lon) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        parts.next().is_none().then_some(())?;
        Point::new(lat, lon)
    }

    /// Along a great circle.
    pub fn km_to(self, other: Point) -> f64 {
        let (a, b) = (self.lat.to_radians(), other.lat.to_radians());
        let (d_lat, d_lon) = (b - a, (other.lon - self.lon).to_radians());
        let h = (d_lat / 2.0).sin().powi(2) + a.cos() * b.cos() * (d_lon / 2.0).sin().powi(2);
        2.0 * EARTH_RADIUS_KM * h.sqrt().min(1.0).asin()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_are_read() {
        for text in ["36.65,-87.46", "36.65, -87.46", " 36.65;-87.46 ", "36.65 -87.46"] {
            assert_eq!(Point::parse(text), Point::new(36.65, -87.46), "{text}");
        }
        for text in ["", "36.65", "91,0", "0,181", "NaN,0", "1,2,3", "here", "inf,0"] {
            assert_eq!(Point::parse(text), None, "{text}");
        }
    }

    #[test]
    fn distances() {
        let point = |lat, lon| Point::new(lat, lon).expect("a point");
        let (paris, london) = (point(48.8566, 2.3522), point(51.5074, -0.1278));
        assert!((paris.km_to(london) - 343.6).abs() < 1.0);
        assert!((london.km_to(paris) - paris.km_to(london)).abs() < 1e-9);
        assert!(
            point(0.0, 179.9).km_to(point(0.0, -179.9)) < 25.0,
            "over the date line"
        );
        assert!(paris.km_to(paris) < 1e-9);
    }
}
