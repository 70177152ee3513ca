namespace FastKv.Structures;

/// <summary>
/// Great-circle distances by the haversine formula, in the order of operations that gives Redis's digits. Data plane.
/// </summary>
public static class GeoDistance
{
    /// <summary>The earth's quadratic mean radius (WGS 84), in metres.</summary>
    public const double EarthRadiusMetres = 6372797.560856;

    private const double RadiansPerDegree = Math.PI / 180.0;

    /// <summary>Degrees to radians.</summary>
    public static double Radians(double degrees) => degrees * RadiansPerDegree;

    /// <summary>Radians to degrees.</summary>
    public static double Degrees(double radians) => radians / RadiansPerDegree;

    /// <summary>Metres between two positions in degrees.</summary>
    public static double Between(double longitude1, double latitude1, double longitude2, double latitude2) =>
        BetweenRadians(Radians(longitude1), Radians(latitude1), Math.Cos(Radians(latitude1)), Radians(longitude2), Radians(latitude2));

    /// <summary>Metres between two positions in radians, where the cosine of the first latitude is known.</summary>
    internal static double BetweenRadians(double longitude1, double latitude1, double cosine1, double longitude2, double latitude2) =>
        FromHaversine(Haversine(longitude1, latitude1, cosine1, longitude2, latitude2));

    /// <summary>The square of the sine of half the angle between two positions.</summary>
    internal static double Haversine(double longitude1, double latitude1, double cosine1, double longitude2, double latitude2)
    {
        double u = Math.Sin((latitude2 - latitude1) / 2);
        double v = Math.Sin((longitude2 - longitude1) / 2);
        return u * u + cosine1 * Math.Cos(latitude2) * v * v;
    }

    /// <summary>Metres for <see cref="Haversine"/>. Not a number if rounding has carried it above 1, as between antipodes.</summary>
    internal static double FromHaversine(double haversine) => 2.0 * EarthRadiusMetres * Math.Asin(Math.Sqrt(haversine));
}
