namespace FastKv.Engine.Commands.Cluster;

/// <summary>
/// CLUSTER and what belongs to it, as a server answers that is no node of a cluster (<c>cluster-enabled no</c>): every subcommand with the same error.
/// Data plane: a client that looks for a cluster may ask often.
/// </summary>
[CommandContainer("CLUSTER", Group = CommandGroup.Cluster, Since = "3.0.0", Summary = "A container for cluster commands.",
    Complexity = "Depends on subcommand.")]
internal static class ClusterCommands
{
    [Command("CLUSTER|ADDSLOTS", Arity = -3, Flags = CommandFlags.Admin | CommandFlags.Stale | CommandFlags.NoAsyncLoading, Group = CommandGroup.Cluster,
        Route = CommandRoute.Connection, Since = "3.0.0", Summary = "Assign new hash slots to receiving node.",
        Complexity = "O(N) where N is the total number of hash slot arguments", Syntax = "slot:integer...")]
    [Command("CLUSTER|ADDSLOTSRANGE", Arity = -4, Flags = CommandFlags.Admin | CommandFlags.Stale | CommandFlags.NoAsyncLoading, Group = CommandGroup.Cluster,
        Route = CommandRoute.Connection, Since = "7.0.0", Summary = "Assign new hash slots to receiving node.",
        Complexity = "O(N) where N is the total number of the slots between the start slot and end slot arguments.",
        Syntax = "(start-slot:integer end-slot:integer)...")]
    [Command("CLUSTER|BUMPEPOCH", Arity = 2, Flags = CommandFlags.Admin | CommandFlags.Stale | CommandFlags.NoAsyncLoading, Group = CommandGroup.Cluster,
        Route = CommandRoute.Connection, Since = "3.0.0", Summary = "Advance the cluster config epoch.", Complexity = "O(1)",
        Tips = ["nondeterministic_output"])]
    [Command("CLUSTER|COUNT-FAILURE-REPORTS", Arity = 3, Flags = CommandFlags.Admin | CommandFlags.Stale, Group = CommandGroup.Cluster,
        Route = CommandRoute.Connection, Since = "3.0.0", Summary = "Return the number of failure reports active for a given node.",
        Complexity = "O(N) where N is the number of failure reports", Syntax = "node-id", Tips = ["nondeterministic_output"])]
    [Command("CLUSTER|COUNTKEYSINSLOT", Arity = 3, Flags = CommandFlags.Stale, Group = CommandGroup.Cluster, Route = CommandRoute.Connection, Since = "3.0.0",
        Summary = "Return the number of local keys in the specified hash slot.", Complexity = "O(1)", Syntax = "slot:integer")]
    [Command("CLUSTER|DELSLOTS", Arity = -3, Flags = CommandFlags.Admin | CommandFlags.Stale | CommandFlags.NoAsyncLoading, Group = CommandGroup.Cluster,
        Route = CommandRoute.Connection, Since = "3.0.0", Summary = "Set hash slots as unbound in receiving node.",
        Complexity = "O(N) where N is the total number of hash slot arguments", Syntax = "slot:integer...")]
    [Command("CLUSTER|DELSLOTSRANGE", Arity = -4, Flags = CommandFlags.Admin | CommandFlags.Stale | CommandFlags.NoAsyncLoading, Group = CommandGroup.Cluster,
        Route = CommandRoute.Connection, Since = "7.0.0", Summary = "Set hash slots as unbound in receiving node.",
        Complexity = "O(N) where N is the total number of the slots between the start slot and end slot arguments.",
        Syntax = "(start-slot:integer end-slot:integer)...")]
    [Command("CLUSTER|FAILOVER", Arity = -2, Flags = CommandFlags.Admin | CommandFlags.Stale | CommandFlags.NoAsyncLoading, Group = CommandGroup.Cluster,
        Route = CommandRoute.Connection, Since = "3.0.0", Summary = "Forces a replica to perform a manual failover of its master.", Complexity = "O(1)",
        Syntax = "options[FORCE | TAKEOVER]")]
    [Command("CLUSTER|FLUSHSLOTS", Arity = 2, Flags = CommandFlags.Admin | CommandFlags.Stale | CommandFlags.NoAsyncLoading, Group = CommandGroup.Cluster,
        Route = CommandRoute.Connection, Since = "3.0.0", Summary = "Delete a node's own slots information.", Complexity = "O(1)")]
    [Command("CLUSTER|FORGET", Arity = 3, Flags = CommandFlags.Admin | CommandFlags.Stale | CommandFlags.NoAsyncLoading, Group = CommandGroup.Cluster,
        Route = CommandRoute.Connection, Since = "3.0.0", Summary = "Remove a node from the nodes table.", Complexity = "O(1)", Syntax = "node-id")]
    [Command("CLUSTER|GETKEYSINSLOT", Arity = 4, Flags = CommandFlags.Stale, Group = CommandGroup.Cluster, Route = CommandRoute.Connection, Since = "3.0.0",
        Summary = "Return local key names in the specified hash slot.", Complexity = "O(log(N)) where N is the number of requested keys",
        Syntax = "slot:integer count", Tips = ["nondeterministic_output"])]
    [Command("CLUSTER|HELP", Arity = 2, Flags = CommandFlags.Loading | CommandFlags.Stale, Group = CommandGroup.Cluster, Route = CommandRoute.Connection,
        Since = "5.0.0", Summary = "Show helpful text about the different subcommands.", Complexity = "O(1)")]
    [Command("CLUSTER|INFO", Arity = 2, Flags = CommandFlags.Stale, Group = CommandGroup.Cluster, Route = CommandRoute.Connection, Since = "3.0.0",
        Summary = "Provides info about Redis Cluster node state.", Complexity = "O(1)", Tips = ["nondeterministic_output"])]
    [Command("CLUSTER|KEYSLOT", Arity = 3, Flags = CommandFlags.Stale, Group = CommandGroup.Cluster, Route = CommandRoute.Connection, Since = "3.0.0",
        Summary = "Returns the hash slot of the specified key.", Complexity = "O(N) where N is the number of bytes in the key", Syntax = "key:string")]
    [Command("CLUSTER|LINKS", Arity = 2, Flags = CommandFlags.Stale, Group = CommandGroup.Cluster, Route = CommandRoute.Connection, Since = "7.0.0",
        Summary = "Returns a list of all TCP links to and from peer nodes in cluster.", Complexity = "O(N) where N is the total number of Cluster nodes",
        Tips = ["nondeterministic_output"])]
    [Command("CLUSTER|MEET", Arity = -4, Flags = CommandFlags.Admin | CommandFlags.Stale | CommandFlags.NoAsyncLoading, Group = CommandGroup.Cluster,
        Route = CommandRoute.Connection, Since = "3.0.0", Summary = "Force a node cluster to handshake with another node.", Complexity = "O(1)",
        Syntax = "ip port [cluster_bus_port:integer@4.0.0]", History = ["4.0.0: Added the optional `cluster_bus_port` argument."])]
    [Command("CLUSTER|MYID", Arity = 2, Flags = CommandFlags.Stale, Group = CommandGroup.Cluster, Route = CommandRoute.Connection, Since = "3.0.0",
        Summary = "Return the node id.", Complexity = "O(1)")]
    [Command("CLUSTER|NODES", Arity = 2, Flags = CommandFlags.Stale, Group = CommandGroup.Cluster, Route = CommandRoute.Connection, Since = "3.0.0",
        Summary = "Get Cluster config for the node.", Complexity = "O(N) where N is the total number of Cluster nodes", Tips = ["nondeterministic_output"])]
    [Command("CLUSTER|REPLICAS", Arity = 3, Flags = CommandFlags.Admin | CommandFlags.Stale, Group = CommandGroup.Cluster, Route = CommandRoute.Connection,
        Since = "5.0.0", Summary = "List replica nodes of the specified master node.", Complexity = "O(1)", Syntax = "node-id",
        Tips = ["nondeterministic_output"])]
    [Command("CLUSTER|REPLICATE", Arity = 3, Flags = CommandFlags.Admin | CommandFlags.Stale | CommandFlags.NoAsyncLoading, Group = CommandGroup.Cluster,
        Route = CommandRoute.Connection, Since = "3.0.0", Summary = "Reconfigure a node as a replica of the specified master node.", Complexity = "O(1)",
        Syntax = "node-id")]
    [Command("CLUSTER|RESET", Arity = -2, Flags = CommandFlags.Admin | CommandFlags.NoScript | CommandFlags.Stale, Group = CommandGroup.Cluster,
        Route = CommandRoute.Connection, Since = "3.0.0", Summary = "Reset a Redis Cluster node.",
        Complexity = "O(N) where N is the number of known nodes. The command may execute a FLUSHALL as a side effect.", Syntax = "[HARD | SOFT]")]
    [Command("CLUSTER|SAVECONFIG", Arity = 2, Flags = CommandFlags.Admin | CommandFlags.Stale | CommandFlags.NoAsyncLoading, Group = CommandGroup.Cluster,
        Route = CommandRoute.Connection, Since = "3.0.0", Summary = "Forces the node to save cluster state on disk.", Complexity = "O(1)")]
    [Command("CLUSTER|SET-CONFIG-EPOCH", Arity = 3, Flags = CommandFlags.Admin | CommandFlags.Stale | CommandFlags.NoAsyncLoading,
        Group = CommandGroup.Cluster, Route = CommandRoute.Connection, Since = "3.0.0", Summary = "Set the configuration epoch in a new node.",
        Complexity = "O(1)", Syntax = "config-epoch:integer")]
    [Command("CLUSTER|SETSLOT", Arity = -4, Flags = CommandFlags.Admin | CommandFlags.Stale | CommandFlags.NoAsyncLoading, Group = CommandGroup.Cluster,
        Route = CommandRoute.Connection, Since = "3.0.0", Summary = "Bind a hash slot to a specific node.", Complexity = "O(1)",
        Syntax = "slot:integer subcommand(IMPORTING node-id | MIGRATING node-id | NODE node-id | STABLE)")]
    [Command("CLUSTER|SHARDS", Arity = 2, Flags = CommandFlags.Stale, Group = CommandGroup.Cluster, Route = CommandRoute.Connection, Since = "7.0.0",
        Summary = "Get array of cluster slots to node mappings.", Complexity = "O(N) where N is the total number of cluster nodes",
        Tips = ["nondeterministic_output"])]
    [Command("CLUSTER|SLAVES", Arity = 3, Flags = CommandFlags.Admin | CommandFlags.Stale, Group = CommandGroup.Cluster, Route = CommandRoute.Connection,
        Since = "3.0.0", Summary = "List replica nodes of the specified master node.", Complexity = "O(1)", Syntax = "node-id",
        Tips = ["nondeterministic_output"], DeprecatedSince = "5.0.0", ReplacedBy = "`CLUSTER REPLICAS`")]
    [Command("CLUSTER|SLOTS", Arity = 2, Flags = CommandFlags.Stale, Group = CommandGroup.Cluster, Route = CommandRoute.Connection, Since = "3.0.0",
        Summary = "Get array of Cluster slot to node mappings.", Complexity = "O(N) where N is the total number of Cluster nodes",
        History = ["4.0.0: Added node IDs.", "7.0.0: Added additional networking metadata field."], Tips = ["nondeterministic_output"],
        DeprecatedSince = "7.0.0", ReplacedBy = "`CLUSTER SHARDS`")]
    [Command("CLUSTER|MYSHARDID", Arity = 2, Flags = CommandFlags.Stale, Group = CommandGroup.Cluster, Route = CommandRoute.Connection, Since = "7.2.0",
        Summary = "Returns the shard ID of a node.", Complexity = "O(1)", Tips = ["nondeterministic_output"])]
    [Command("ASKING", Arity = 1, Flags = CommandFlags.Fast, Group = CommandGroup.Cluster,
        Categories = AclCategories.Connection, Route = CommandRoute.Connection, Since = "3.0.0",
        Summary = "Sent by cluster clients after an -ASK redirect.", Complexity = "O(1)")]
    [Command("READONLY", Arity = 1, Flags = CommandFlags.Loading | CommandFlags.Stale | CommandFlags.Fast, Group = CommandGroup.Cluster,
        Categories = AclCategories.Connection,
        Route = CommandRoute.Connection, Since = "3.0.0", Summary = "Enables read queries for a connection to a cluster replica node.", Complexity = "O(1)")]
    [Command("READWRITE", Arity = 1, Flags = CommandFlags.Loading | CommandFlags.Stale | CommandFlags.Fast, Group = CommandGroup.Cluster,
        Categories = AclCategories.Connection,
        Route = CommandRoute.Connection, Since = "3.0.0", Summary = "Disables read queries for a connection to a cluster replica node.", Complexity = "O(1)")]
    internal static void Refuse(ref CommandContext context) => context.Reply.Error(Errors.ClusterOff);
}
