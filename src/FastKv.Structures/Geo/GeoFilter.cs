using System.Runtime.CompilerServices;

namespace FastKv.Structures;

// Data plane. Whether a position lies in a shape, and how far from its centre. The distance takes three sines and cosines and an arc sine, some 60 ns; most
// positions of the nine cells lie outside, and comparisons of degrees tell so of nearly all of them. They keep a margin, so that what is decided by the
// digits of the exact distance is decided by them.

/// <summary>A shape, prepared to be asked for many positions.</summary>
public readonly struct GeoFilter
{
    // Far above the rounding errors of the formulas, far below what would let many through.
    private const double Margin = 1e-9;
    private const double MarginDegrees = 1e-9;

    private readonly double _longitude;
    private readonly double _latitude;
    private readonly double _longitudeRadians;
    private readonly double _latitudeRadians;
    private readonly double _cosine;
    private readonly double _reachMetres;
    private readonly double _halfHeightMetres;
    private readonly double _latitudeReach;
    private readonly double _longitudeReach;
    private readonly bool _isBox;

    /// <summary>Prepares a shape.</summary>
    public GeoFilter(in GeoShape shape)
    {
        _longitude = shape.Longitude;
        _latitude = shape.Latitude;
        _longitudeRadians = GeoDistance.Radians(shape.Longitude);
        _latitudeRadians = GeoDistance.Radians(shape.Latitude);
        _cosine = Math.Cos(_latitudeRadians);
        _isBox = shape.IsBox;
        _reachMetres = shape.IsBox ? shape.Width * shape.UnitMetres / 2 : shape.Radius * shape.UnitMetres;
        _halfHeightMetres = shape.Height * shape.UnitMetres / 2;
        double reach = (shape.IsBox ? _halfHeightMetres : _reachMetres) / GeoDistance.EarthRadiusMetres;
        _latitudeReach = GeoDistance.Degrees(reach) * (1 + Margin) + MarginDegrees;

        // A circle's extreme longitudes are asin(sin r / cos φ) away, unless it holds a pole.
        double sine = Math.Sin(reach) / _cosine;
        bool bounded = !shape.IsBox && reach < Math.PI / 2 && sine < 1 - Margin;
        _longitudeReach = bounded ? GeoDistance.Degrees(Math.Asin(sine)) * (1 + Margin) + MarginDegrees : double.PositiveInfinity;
    }

    /// <summary>Whether a position lies in the shape, and its distance from the centre in metres.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Contains(double longitude, double latitude, out double metres)
    {
        metres = 0;
        if (Math.Abs(latitude - _latitude) > _latitudeReach)
            return false;
        double apart = Math.Abs(longitude - _longitude);
        if (Math.Min(apart, 360 - apart) > _longitudeReach)
            return false;
        return Measure(longitude, latitude, out metres);
    }

    // A distance that is no number lies in every shape, as in Redis.
    private bool Measure(double longitude, double latitude, out double metres)
    {
        double longitudeRadians = GeoDistance.Radians(longitude);
        double latitudeRadians = GeoDistance.Radians(latitude);
        metres = 0;
        if (_isBox)
        {
            double cosine = Math.Cos(latitudeRadians);
            if (GeoDistance.BetweenRadians(longitudeRadians, latitudeRadians, cosine, _longitudeRadians, latitudeRadians) > _reachMetres
                || GeoDistance.BetweenRadians(longitudeRadians, latitudeRadians, cosine, longitudeRadians, _latitudeRadians) > _halfHeightMetres)
            {
                return false;
            }
        }

        metres = GeoDistance.BetweenRadians(_longitudeRadians, _latitudeRadians, _cosine, longitudeRadians, latitudeRadians);
        return _isBox || !(metres > _reachMetres);
    }
}
