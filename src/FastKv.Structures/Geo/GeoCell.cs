using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace FastKv.Structures;

// Data plane. Positions as numbers. Longitude and latitude are each an offset of 26 bits into their range, and the score of a member is these bits
// interleaved, the latitude's in the even places:
//
//   51                              0
//   λ25 φ25 λ24 φ24  …  λ1 φ1  λ0 φ0        the first 2s bits name a cell of 360°/2^s by 170.1°/2^s
//
// so a cell is a range of scores. Encode, decode: O(1), 3 instructions for the bits where the processor has PDEP and PEXT.

/// <summary>A cell of the grid that a geohash of <see cref="Step"/> × 2 bits names; Redis's geohash, whose latitudes end where Web Mercator's do.</summary>
/// <param name="Longitude">Column, from the west.</param>
/// <param name="Latitude">Row, from the south.</param>
/// <param name="Step">Bits of each, 1 to 26; 0: no cell.</param>
public readonly record struct GeoCell(uint Longitude, uint Latitude, int Step)
{
    /// <summary>Bits of each coordinate in a score.</summary>
    public const int StepMax = 26;

    /// <summary>Easternmost longitude in degrees; the westernmost is its negative.</summary>
    public const double LongitudeMax = 180;

    /// <summary>Northernmost latitude in degrees (EPSG:3857); the southernmost is its negative.</summary>
    public const double LatitudeMax = 85.05112878;

    /// <summary>Northernmost latitude of the common geohash.</summary>
    public const double CommonLatitudeMax = 90;

    private const ulong EvenBits = 0x5555555555555555UL;

    /// <summary>The 2 × <see cref="Step"/> bits.</summary>
    public ulong Bits => Interleave(Latitude, Longitude);

    /// <summary>The lowest score in the cell.</summary>
    public double ScoreMin => Bits << (2 * (StepMax - Step));

    /// <summary>The lowest score behind the cell.</summary>
    public double ScoreEnd => (Bits + 1) << (2 * (StepMax - Step));

    /// <summary>Southern edge in degrees.</summary>
    public double South => At(Latitude, LatitudeMax);

    /// <summary>Northern edge.</summary>
    public double North => At(unchecked(Latitude + 1), LatitudeMax);

    /// <summary>Western edge.</summary>
    public double West => At(Longitude, LongitudeMax);

    /// <summary>Eastern edge.</summary>
    public double East => At(unchecked(Longitude + 1), LongitudeMax);

    /// <summary>The cell in which a position lies.</summary>
    /// <param name="longitude">Degrees, within ±<see cref="LongitudeMax"/>.</param>
    /// <param name="latitude">Degrees, within ±<paramref name="latitudeMax"/>.</param>
    /// <param name="step">Bits of each coordinate.</param>
    /// <param name="latitudeMax">Where latitudes end.</param>
    public static GeoCell Of(double longitude, double latitude, int step, double latitudeMax = LatitudeMax) =>
        new(Offset(longitude, LongitudeMax, step), Offset(latitude, latitudeMax, step), step);

    /// <summary>The cell some columns east and rows north, around the world in both directions.</summary>
    public GeoCell Move(int east, int north)
    {
        uint mask = (1U << Step) - 1;
        return new GeoCell(
            east == 0 ? Longitude : (uint)(Longitude + east) & mask, north == 0 ? Latitude : (uint)(Latitude + north) & mask, Step);
    }

    /// <summary>The position that a score stands for: the middle of its smallest cell. Any score gives one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Decode(double score, out double longitude, out double latitude)
    {
        ulong bits = ToBits(score);
        var cell = new GeoCell(Even(bits >> 1), Even(bits), StepMax);
        longitude = Math.Clamp((cell.West + cell.East) / 2, -LongitudeMax, LongitudeMax);
        latitude = Math.Clamp((cell.South + cell.North) / 2, -LatitudeMax, LatitudeMax);
    }

    // What x86-64 compilers make of a conversion that C leaves undefined outside of 0 to 2^64: scores may be anything.
    private static ulong ToBits(double score)
    {
        const double half = 9223372036854775808.0;
        if (score < half)
            return (ulong)(score < -half ? long.MinValue : (long)score);
        score -= half;
        return (ulong)(score < half ? (long)score : long.MinValue) ^ (1UL << 63);
    }

    private static uint Offset(double value, double max, int step) => (uint)((value - -max) / (max - -max) * (1UL << step));

    private double At(uint offset, double max) => -max + offset * 1.0 / (1UL << Step) * (max - -max);

    private static ulong Interleave(uint even, uint odd) => Bmi2.X64.IsSupported
        ? Bmi2.X64.ParallelBitDeposit(even, EvenBits) | Bmi2.X64.ParallelBitDeposit(odd, ~EvenBits)
        : Spread(even) | Spread(odd) << 1;

    private static uint Even(ulong bits) => Bmi2.X64.IsSupported ? (uint)Bmi2.X64.ParallelBitExtract(bits, EvenBits) : Gather(bits & EvenBits);

    // The usual doubling of gaps between the bits, and its inverse.
    private static ulong Spread(ulong bits)
    {
        bits = (bits | bits << 16) & 0x0000FFFF0000FFFFUL;
        bits = (bits | bits << 8) & 0x00FF00FF00FF00FFUL;
        bits = (bits | bits << 4) & 0x0F0F0F0F0F0F0F0FUL;
        bits = (bits | bits << 2) & 0x3333333333333333UL;
        return (bits | bits << 1) & EvenBits;
    }

    private static uint Gather(ulong bits)
    {
        bits = (bits | bits >> 1) & 0x3333333333333333UL;
        bits = (bits | bits >> 2) & 0x0F0F0F0F0F0F0F0FUL;
        bits = (bits | bits >> 4) & 0x00FF00FF00FF00FFUL;
        bits = (bits | bits >> 8) & 0x0000FFFF0000FFFFUL;
        return (uint)(bits | bits >> 16);
    }
}
