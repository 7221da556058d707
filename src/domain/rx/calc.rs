//! Bedside formulas, with their units in the names.
use crate::domain::age::Sex;

const UMOL_PER_MG_DL: f64 = 88.4;

fn sensible(values: &[f64]) -> bool {
    values.iter().all(|v| v.is_finite() && *v > 0.0)
}

/// eGFR by CKD-EPI 2021 (no race), ml/min/1.73 m²; adults only.
pub fn egfr_ckd_epi(creatinine_umol: f64, age_years: f64, sex: Sex) -> Option<f64> {
    if !sensible(&[creatinine_umol, age_years]) || age_years < 18.0 {
        return None;
    }
    let creatinine = creatinine_umol / UMOL_PER_MG_DL;
    let (kappa, alpha, factor) = match sex {
        Sex::Female => (0.7, -0.241, 1.012),
        Sex::Male => (0.9, -0.302, 1.0),
        Sex::Unknown => return None,
    };
    let ratio: f64 = creatinine / kappa;
    Some(
        142.0
            * ratio.min(1.0).powf(alpha)
            * ratio.max(1.0).powf(-1.2)
            * 0.9938_f64.powf(age_years)
            * factor,
    )
}

/// Creatinine clearance by Cockcroft and Gault, ml/min; adults only.
pub fn cockcroft_gault(
    creatinine_umol: f64,
    age_years: f64,
    weight_kg: f64,
    sex: Sex,
) -> Option<f64> {
    if !sensible(&[creatinine_umol, age_years, weight_kg]) || age_years < 18.0 {
        return None;
    }
    let factor = match sex {
        Sex::Female => 0.85,
        Sex::Male => 1.0,
        Sex::Unknown => return None,
    };
    Some(
        ((140.0 - age_years).max(1.0) * weight_kg * factor)
            / (72.0 * creatinine_umol / UMOL_PER_MG_DL),
    )
}

/// Body surface by Mosteller, m².
pub fn bsa_mosteller(weight_kg: f64, height_cm: f64) -> Option<f64> {
    sensible(&[weight_kg, height_cm]).then(|| (weight_kg * height_cm / 3600.0).sqrt())
}

/// kg/m².
pub fn bmi(weight_kg: f64, height_cm: f64) -> Option<f64> {
    sensible(&[weight_kg, height_cm]).then(|| weight_kg / (height_cm / 100.0).powi(2))
}

/// A dose for this weight, same unit as the dose per kilogram.
pub fn by_weight(per_kg: f64, weight_kg: f64) -> Option<f64> {
    sensible(&[per_kg, weight_kg]).then_some(per_kg * weight_kg)
}

/// Drops a minute for a volume over some hours; sets give 15, 20 or 60 drops/ml.
pub fn drops_per_minute(volume_ml: f64, hours: f64, drops_per_ml: f64) -> Option<f64> {
    sensible(&[volume_ml, hours, drops_per_ml]).then(|| volume_ml * drops_per_ml / (hours * 60.0))
}

/// Hours a bottle lasts at some drops a minute.
pub fn hours_of_infusion(volume_ml: f64, drops_a_minute: f64, drops_per_ml: f64) -> Option<f64> {
    sensible(&[volume_ml, drops_a_minute, drops_per_ml])
        .then(|| volume_ml * drops_per_ml / drops_a_minute / 60.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn close(got: Option<f64>, want: f64, within: f64) {
        let got = got.unwrap();
        assert!((got - want).abs() <= within, "{got} is not {want}");
    }

    // Reference figures of the published CKD-EPI 2021 calculator.
    #[test]
    fn egfr_agrees_with_the_published_equation() {
        close(egfr_ckd_epi(88.4, 50.0, Sex::Male), 91.7, 0.6);
        close(egfr_ckd_epi(88.4, 50.0, Sex::Female), 68.7, 0.6);
        close(egfr_ckd_epi(176.8, 70.0, Sex::Male), 35.2, 0.6);
        assert_eq!(egfr_ckd_epi(80.0, 10.0, Sex::Male), None);
        assert_eq!(egfr_ckd_epi(f64::NAN, 50.0, Sex::Male), None);
    }

    #[test]
    fn clearance_and_surface_agree_with_hand_arithmetic() {
        close(cockcroft_gault(88.4, 60.0, 72.0, Sex::Male), 80.0, 0.01);
        close(cockcroft_gault(88.4, 60.0, 72.0, Sex::Female), 68.0, 0.01);
        close(bsa_mosteller(70.0, 175.0), 1.845, 0.001);
        close(bmi(70.0, 175.0), 22.86, 0.01);
        close(drops_per_minute(500.0, 4.0, 20.0), 41.7, 0.1);
        close(by_weight(10.0, 16.0), 160.0, 0.0001);
        assert_eq!(bmi(0.0, 170.0), None);
    }
}
