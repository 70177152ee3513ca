namespace FastKv.Engine.Commands.Server;

/// <summary>REPLICAOF and SLAVEOF, as far as a server without replication can obey: NO ONE. Control plane.</summary>
internal static class ReplicaOf
{
    private const CommandFlags Common = CommandFlags.Admin | CommandFlags.NoScript | CommandFlags.Stale | CommandFlags.NoAsyncLoading;
    private const string Arguments = "args(host-port(host port:integer) | no-one(NO ONE))";

    [Command("REPLICAOF", Arity = 3, Flags = Common, Group = CommandGroup.Server, Categories = AclCategories.Admin | AclCategories.Dangerous,
        Route = CommandRoute.Connection, Since = "5.0.0", Summary = "Configures a server as replica of another, or promotes it to a master.",
        Complexity = "O(1)", Syntax = Arguments, Differs = "only NO ONE is accepted")]
    [Command("SLAVEOF", Arity = 3, Flags = Common, Group = CommandGroup.Server, Categories = AclCategories.Admin | AclCategories.Dangerous,
        Route = CommandRoute.Connection, Since = "1.0.0", Summary = "Sets a server as a replica of another, or promotes it to being a master.",
        Complexity = "O(1)", Syntax = Arguments, DeprecatedSince = "5.0.0", ReplacedBy = "`REPLICAOF`", Differs = "only NO ONE is accepted")]
    internal static void Run(ref CommandContext context)
    {
        if (context.Is(1, "NO"u8) && context.Is(2, "ONE"u8))
            context.Reply.Ok();
        else if (!context.TryInteger(2, out long port, Errors.MasterPort))
            return;
        else
            context.Reply.Error(port is < 0 or > ushort.MaxValue ? Errors.MasterPort : Errors.NoReplication);
    }
}
