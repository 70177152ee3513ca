// --test-memory (control plane): writes patterns over a large area and reads them back, to find broken memory.
using System.Runtime.InteropServices;

namespace FastKv.Server;

/// <summary>A memory test.</summary>
internal static unsafe class MemoryTest
{
    private const int Passes = 4;

    /// <summary>Tests an area; returns whether every byte kept what was written.</summary>
    internal static bool Run(long megabytes, TextWriter output)
    {
        nuint words = (nuint)(megabytes << 20) / sizeof(ulong);
        ulong* area = (ulong*)NativeMemory.Alloc(words, sizeof(ulong));
        try
        {
            for (int pass = 1; pass <= Passes; pass++)
            {
                output.Write($"Testing {megabytes} MB, pass {pass} of {Passes}: ");
                nuint errors = FillAndCompare(area, words, (uint)pass);
                output.Write(errors == 0 ? "OK\n" : $"{errors} words differ\n");
                if (errors != 0)
                    return false;
            }
        }
        finally
        {
            NativeMemory.Free(area);
        }
        output.Write("\nYour memory passed this test.\n");
        return true;
    }

    private static nuint FillAndCompare(ulong* area, nuint words, ulong pass)
    {
        // The pattern depends on the place, so that a stuck address line shows as well as a stuck bit.
        for (nuint i = 0; i < words; i++)
            area[i] = Pattern(i, pass);
        nuint errors = 0;
        for (nuint i = 0; i < words; i++)
            errors += area[i] == Pattern(i, pass) ? 0u : 1u;
        return errors;
    }

    private static ulong Pattern(nuint place, ulong pass)
    {
        ulong spread = (place + pass) * 0x9E3779B97F4A7C15;
        return (pass & 1) == 0 ? ~spread : spread;
    }
}
