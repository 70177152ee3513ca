namespace FastKv.Engine.Commands.Server.Information;

/// <summary>
/// INFO commandstats: calls of each command that has been called. A clock read around each command would cost a seventh of it, so times
/// are not measured and read 0. Control plane.
/// </summary>
internal static class CommandStatsSection
{
    public static void Write(InfoText text, FastKvServer server)
    {
        text.Section("Commandstats"u8);
        foreach (var command in CommandTable.All)
        {
            long calls = server.Statistics.CallsOf(command);
            if (calls == 0)
                continue;
            text.Add("cmdstat_"u8).Add(CommandText.NameOf(command)).Add(":calls="u8).Add(calls)
                .Add(",usec=0,usec_per_call=0.00,rejected_calls=0,failed_calls=0"u8).EndLine();
        }
    }
}
