using FastKv.Protocol;
using FastKv.Structures;

namespace FastKv.Engine.Commands.Geo;

/// <summary>Arguments that geo commands share: positions, units, measures. Each replies its error when it returns false. Data plane.</summary>
internal static class GeoArguments
{
    /// <summary>Reads a longitude and, behind it, a latitude.</summary>
    public static bool TryPosition(ref CommandContext context, int index, out double longitude, out double latitude)
    {
        latitude = 0;
        if (!TryNumber(ref context, index, Errors.NotAFloat, out longitude) || !TryNumber(ref context, index + 1, Errors.NotAFloat, out latitude))
            return false;
        if (Math.Abs(longitude) <= GeoCell.LongitudeMax && Math.Abs(latitude) <= GeoCell.LatitudeMax)
            return true;
        Span<byte> first = stackalloc byte[GeoText.CharsMax];
        Span<byte> second = stackalloc byte[GeoText.CharsMax];
        context.Reply.Error(
            Errors.InvalidPositionPrefix, first[..GeoText.Format(first, longitude, GeoText.CoordinateDecimals)], ","u8,
            second[..GeoText.Format(second, latitude, GeoText.CoordinateDecimals)], default);
        return false;
    }

    /// <summary>Reads a unit: metres per unit.</summary>
    public static bool TryUnit(ref CommandContext context, int index, out double metres)
    {
        var unit = CommandRules.Shown(context[index]);
        if (System.Text.Ascii.EqualsIgnoreCase(unit, "m"u8))
            metres = 1;
        else if (System.Text.Ascii.EqualsIgnoreCase(unit, "km"u8))
            metres = 1000;
        else if (System.Text.Ascii.EqualsIgnoreCase(unit, "ft"u8))
            metres = 0.3048;
        else if (System.Text.Ascii.EqualsIgnoreCase(unit, "mi"u8))
            metres = 1609.34;
        else
            metres = 0;
        if (metres > 0)
            return true;
        context.Reply.Error(Errors.UnknownUnit);
        return false;
    }

    /// <summary>Reads a radius and its unit.</summary>
    public static bool TryRadius(ref CommandContext context, int index, ref GeoShape shape)
    {
        if (!TryNumber(ref context, index, Errors.RadiusNotANumber, out double radius))
            return false;
        if (radius < 0)
        {
            context.Reply.Error(Errors.RadiusNegative);
            return false;
        }
        if (!TryUnit(ref context, index + 1, out shape.UnitMetres))
            return false;
        shape.IsBox = false;
        shape.Radius = radius;
        return true;
    }

    /// <summary>Reads a width, a height and their unit.</summary>
    public static bool TryBox(ref CommandContext context, int index, ref GeoShape shape)
    {
        if (!TryNumber(ref context, index, Errors.WidthNotANumber, out double width)
            || !TryNumber(ref context, index + 1, Errors.HeightNotANumber, out double height))
        {
            return false;
        }
        if (width < 0 || height < 0)
        {
            context.Reply.Error(Errors.BoxNegative);
            return false;
        }
        if (!TryUnit(ref context, index + 2, out shape.UnitMetres))
            return false;
        shape.IsBox = true;
        shape.Width = width;
        shape.Height = height;
        return true;
    }

    private static bool TryNumber(ref CommandContext context, int index, ReadOnlySpan<byte> error, out double value)
    {
        if (NumberText.TryParseDouble(context[index], out value))
            return true;
        context.Reply.Error(error);
        return false;
    }
}
