namespace FastKv.Engine.Commands.Server.Information;

/// <summary>INFO errorstats: how many errors of each code were replied, in the order of the codes. Control plane.</summary>
internal static class ErrorStatsSection
{
    public static void Write(InfoText text, FastKvServer server)
    {
        text.Section("Errorstats"u8);
        for (var code = Next(server, default); !code.IsEmpty; code = Next(server, code))
        {
            long count = 0;
            foreach (var loop in server.Loops)
                count += loop.Statistics.Errors.CountOf(code);
            if (count > 0)
                text.Add("errorstat_"u8).Add(code).Add(":count="u8).Add(count).EndLine();
        }
    }

    /// <summary>The first code of any loop after <paramref name="last"/>; empty: there is none.</summary>
    private static ReadOnlySpan<byte> Next(FastKvServer server, ReadOnlySpan<byte> last)
    {
        ReadOnlySpan<byte> next = default;
        foreach (var loop in server.Loops)
        {
            var errors = loop.Statistics.Errors;
            for (int i = 0; i < errors.Codes; i++)
            {
                var code = errors.CodeAt(i);
                if (code.SequenceCompareTo(last) > 0 && (next.IsEmpty || code.SequenceCompareTo(next) < 0))
                    next = code;
            }
        }
        return next;
    }
}
