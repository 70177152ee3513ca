namespace FastKv.Structures;

/// <summary>The area of a search: a circle, or a rectangle along the meridians, around a position. Data plane.</summary>
public struct GeoShape
{
    /// <summary>The centre in degrees.</summary>
    public double Longitude;

    /// <inheritdoc cref="Longitude"/>
    public double Latitude;

    /// <summary>Metres per unit of the measures.</summary>
    public double UnitMetres;

    /// <summary>A rectangle, else a circle.</summary>
    public bool IsBox;

    /// <summary>The circle's, in units.</summary>
    public double Radius;

    /// <summary>The rectangle's, in units.</summary>
    public double Width;

    /// <inheritdoc cref="Width"/>
    public double Height;
}
