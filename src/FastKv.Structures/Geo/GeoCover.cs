using System.Runtime.CompilerServices;

namespace FastKv.Structures;

// Data plane. A search looks at the cell of its centre and the eight around it. The cells are as small as still cover the shape; those that lie wholly
// beside it are left out. Which cells these are, and in which order, decides the order of unsorted replies: so it is all as in Redis.
//
//   6 1 5
//   4 0 3
//   8 2 7

/// <summary>The cells that cover a shape. O(1).</summary>
[InlineArray(CellCount)]
public struct GeoCover
{
    /// <summary>The centre's cell and its neighbours.</summary>
    public const int CellCount = 9;

    /// <summary>Half the equator in Web Mercator, in metres: at step 1 a cell is as large.</summary>
    private const double MercatorMax = 20037726.37;

    private GeoCell _first;

    /// <summary>The cells for a shape; left-out ones have <see cref="GeoCell.Step"/> 0.</summary>
    public static GeoCover Of(in GeoShape shape)
    {
        double halfHeight = shape.UnitMetres * (shape.IsBox ? shape.Height / 2 : shape.Radius);
        double halfWidth = shape.UnitMetres * (shape.IsBox ? shape.Width / 2 : shape.Radius);
        double north = GeoDistance.Degrees(halfHeight / GeoDistance.EarthRadiusMetres);

        // The wider of the two parallels that bound the shape; beside a pole its cosine is negative, and nothing is left out for it.
        double parallel = shape.Latitude < 0 ? shape.Latitude - north : shape.Latitude + north;
        double east = GeoDistance.Degrees(halfWidth / GeoDistance.EarthRadiusMetres / Math.Cos(GeoDistance.Radians(parallel)));
        var bounds = new Bounds(shape.Longitude - east, shape.Latitude - north, shape.Longitude + east, shape.Latitude + north);

        double reach = shape.IsBox
            ? Math.Sqrt(shape.Width / 2 * (shape.Width / 2) + shape.Height / 2 * (shape.Height / 2))
            : shape.Radius;
        int step = StepFor(reach * shape.UnitMetres, shape.Latitude);
        var centre = GeoCell.Of(shape.Longitude, shape.Latitude, step);
        if (step > 1 && !Covers(centre, bounds))
            centre = GeoCell.Of(shape.Longitude, shape.Latitude, --step);
        return Around(centre, bounds);
    }

    private static int StepFor(double reachMetres, double latitude)
    {
        if (reachMetres == 0)
            return GeoCell.StepMax;
        int step = 1;
        for (; reachMetres < MercatorMax; reachMetres *= 2)
            step++;

        // The neighbours must cover what the centre's cell does not, and towards the poles cells get narrow.
        step -= 2;
        if (latitude is > 66 or < -66)
            step--;
        if (latitude is > 80 or < -80)
            step--;
        return Math.Clamp(step, 1, GeoCell.StepMax);
    }

    private static bool Covers(GeoCell centre, in Bounds bounds) =>
        !(centre.Move(0, 1).North < bounds.North) && !(centre.Move(0, -1).South > bounds.South)
        && !(centre.Move(1, 0).East < bounds.East) && !(centre.Move(-1, 0).West > bounds.West);

    private static GeoCover Around(GeoCell centre, in Bounds bounds)
    {
        GeoCover cover = default;
        cover[0] = centre;
        bool small = centre.Step >= 2;
        bool south = !small || !(centre.South < bounds.South);
        bool north = !small || !(centre.North > bounds.North);
        bool west = !small || !(centre.West < bounds.West);
        bool east = !small || !(centre.East > bounds.East);
        Set(ref cover, 1, north, centre, 0, 1);
        Set(ref cover, 2, south, centre, 0, -1);
        Set(ref cover, 3, east, centre, 1, 0);
        Set(ref cover, 4, west, centre, -1, 0);
        Set(ref cover, 5, north && east, centre, 1, 1);
        Set(ref cover, 6, north && west, centre, -1, 1);
        Set(ref cover, 7, south && east, centre, 1, -1);
        Set(ref cover, 8, south && west, centre, -1, -1);
        return cover;
    }

    private static void Set(ref GeoCover cover, int index, bool wanted, GeoCell centre, int east, int north)
    {
        if (wanted)
            cover[index] = centre.Move(east, north);
    }

    private readonly record struct Bounds(double West, double South, double East, double North);
}
