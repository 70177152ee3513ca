// Data plane. Powers of ten and five that number conversion looks up.
using System.Runtime.CompilerServices;

namespace FastKv.Protocol;

/// <summary>
/// Tables in memory of the type's own, made once. A span over constants would read the same, but unoptimised builds allocate for each use of one,
/// and the tests that count allocations run those.
/// </summary>
internal static unsafe class PowerTables
{
    /// <summary>Largest power of ten that 64 bits hold.</summary>
    public const int TenMax = 19;

    /// <summary>Largest power of five that 64 bits hold.</summary>
    public const int FiveMax = 27;

    /// <summary>Largest power of ten that a double holds exactly.</summary>
    public const int ExactDoubleMax = 22;

    /// <summary>10^0 to 10^<see cref="TenMax"/>.</summary>
    public static readonly ulong* Ten = Integers(10, TenMax);

    /// <summary>5^0 to 5^<see cref="FiveMax"/>.</summary>
    public static readonly ulong* Five = Integers(5, FiveMax);

    /// <summary>10^0 to 10^<see cref="ExactDoubleMax"/>.</summary>
    public static readonly double* ExactDouble = Doubles();

    private static ulong* Integers(ulong factor, int powerMax)
    {
        var table = (ulong*)RuntimeHelpers.AllocateTypeAssociatedMemory(typeof(PowerTables), (powerMax + 1) * sizeof(ulong));
        table[0] = 1;
        for (int power = 1; power <= powerMax; power++)
            table[power] = table[power - 1] * factor;
        return table;
    }

    private static double* Doubles()
    {
        var table = (double*)RuntimeHelpers.AllocateTypeAssociatedMemory(typeof(PowerTables), (ExactDoubleMax + 1) * sizeof(double));
        table[0] = 1;
        for (int power = 1; power <= ExactDoubleMax; power++)
            table[power] = table[power - 1] * 10; // exact, by the definition of the largest
        return table;
    }
}
