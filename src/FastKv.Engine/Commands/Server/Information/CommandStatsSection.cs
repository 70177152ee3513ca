namespace FastKv.Engine.Commands.Server.Information;

/// <summary>
/// INFO commandstats: each command that has been called or rejected. Counts are exact, times estimated (see CommandStatistics). Control plane.
/// </summary>
internal static class CommandStatsSection
{
    public static void Write(InfoText text, FastKvServer server)
    {
        text.Section("Commandstats"u8);
        foreach (var command in CommandTable.All)
        {
            var figures = server.Statistics.Of(command);
            if (figures.IsUnused)
                continue;
            double microseconds = figures.Nanoseconds / 1000;
            text.Add("cmdstat_"u8).Add(CommandText.NameOf(command)).Add(":calls="u8).Add(figures.Calls)
                .Add(",usec="u8).Add((long)Math.Round(microseconds))
                .Add(",usec_per_call="u8).Add(figures.Calls == 0 ? 0 : microseconds / figures.Calls, 2)
                .Add(",rejected_calls="u8).Add(figures.Rejected)
                .Add(",failed_calls="u8).Add(figures.Failed).EndLine();
        }
    }
}
