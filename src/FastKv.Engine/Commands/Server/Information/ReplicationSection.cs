namespace FastKv.Engine.Commands.Server.Information;

/// <summary>INFO replication: a master without replicas and without a backlog. Control plane.</summary>
internal static class ReplicationSection
{
    public static void Write(InfoText text, FastKvServer server)
    {
        text.Section("Replication"u8);
        text.Line("role"u8, "master"u8);
        text.Line("connected_slaves"u8, 0);
        text.Line("master_failover_state"u8, "no-failover"u8);
        text.Line("master_replid"u8, server.ReplicationId);
        text.Line("master_replid2"u8, "0000000000000000000000000000000000000000"u8);
        text.Line("master_repl_offset"u8, 0);
        text.Line("second_repl_offset"u8, -1);
        text.Line("repl_backlog_active"u8, 0);
        text.Line("repl_backlog_size"u8, server.Options.ReplBacklogSize);
        text.Line("repl_backlog_first_byte_offset"u8, 0);
        text.Line("repl_backlog_histlen"u8, 0);
    }
}
