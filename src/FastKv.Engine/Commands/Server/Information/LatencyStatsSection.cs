using System.Globalization;

namespace FastKv.Engine.Commands.Server.Information;

/// <summary>
/// INFO latencystats: the percentiles of <c>latency-tracking-info-percentiles</c> for each command that has run with <c>latency-tracking</c> on, in
/// microseconds. Control plane.
/// </summary>
internal static class LatencyStatsSection
{
    public static void Write(InfoText text, FastKvServer server)
    {
        text.Section("Latencystats"u8);
        if (!server.Options.LatencyTracking)
            return;
        foreach (var command in CommandTable.All)
        {
            long total = 0;
            if (!server.Statistics.Of(command).IsUnused)
                total = Total(server, command);
            if (total > 0)
                WriteCommand(text, server, command, total);
        }
    }

    private static void WriteCommand(InfoText text, FastKvServer server, CommandDescriptor command, long total)
    {
        text.Add("latency_percentiles_usec_"u8).Add(CommandText.NameOf(command)).Add(":"u8);
        Span<char> label = stackalloc char[32];
        double[] percentiles = server.Options.LatencyTrackingInfoPercentiles;
        for (int i = 0; i < percentiles.Length; i++)
        {
            percentiles[i].TryFormat(label, out int length, "0.######", CultureInfo.InvariantCulture);
            text.Add(i == 0 ? "p"u8 : ",p"u8).Add(label[..length]).Add("="u8).Add(NanosecondsAt(server, command, percentiles[i], total) / 1000.0, 3);
        }
        text.EndLine();
    }

    private static long Total(FastKvServer server, CommandDescriptor command)
    {
        long total = 0;
        for (int bucket = 0; bucket < LatencyHistogram.BucketCount; bucket++)
            total += server.Statistics.LatenciesAt(command, bucket);
        return total;
    }

    /// <summary>
    /// The longest duration of the bucket that <paramref name="percentile"/> percent of the calls do not exceed, as HDR histograms define it.
    /// </summary>
    private static long NanosecondsAt(FastKvServer server, CommandDescriptor command, double percentile, long total)
    {
        long rank = Math.Max(1, (long)((percentile / 100 * total) + 0.5));
        long seen = 0;
        for (int bucket = 0; bucket < LatencyHistogram.BucketCount; bucket++)
        {
            seen += server.Statistics.LatenciesAt(command, bucket);
            if (seen >= rank)
                return LatencyHistogram.HighestOf(bucket);
        }
        return LatencyHistogram.HighestOf(LatencyHistogram.BucketCount - 1);
    }
}
