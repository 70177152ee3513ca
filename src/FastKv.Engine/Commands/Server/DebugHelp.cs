namespace FastKv.Engine.Commands.Server;

/// <summary>The text of DEBUG HELP. Control plane.</summary>
internal static class DebugHelp
{
    public static void Reply(ref CommandContext context) => ContainerHelp.Reply(ref context, "DEBUG"u8, """
        CHANGE-REPL-ID
            Change the replication IDs of the instance.
            Dangerous: should be used only for testing the replication subsystem.
        DIGEST
            Output a hex signature representing the current DB content.
        DIGEST-VALUE <key> [<key> ...]
            Output a hex signature of the values of all the specified keys.
        ERROR <string>
            Return a Redis protocol error with <string> as message. Useful for clients
            unit tests to simulate Redis errors.
        HTSTATS <dbid>
            Return hash table statistics of the specified Redis database.
        HTSTATS-KEY <key>
            Like HTSTATS but for the hash table stored at <key>'s value.
        LISTPACK <key>
            Show low level info about the listpack encoding of <key>.
        LOG <message>
            Write <message> to the server log.
        OBJECT <key>
            Show low level info about `key` and associated value.
        POPULATE <count> [<prefix>] [<size>]
            Create <count> string keys named key:<num>. If <prefix> is specified then
            it is used instead of the 'key' prefix.
        PROTOCOL <type>
            Reply with a test value of the specified type. <type> can be: string,
            integer, double, bignum, null, array, set, map, attrib, push, verbatim,
            true, false.
        QUICKLIST <key> [<0|1>]
            Show low level info about the quicklist encoding of <key>.
        QUICKLIST-PACKED-THRESHOLD <size>
            Sets the threshold for elements to be inserted as plain vs packed nodes
            Default value is 1GB, allows values up to 4GB. Setting to 0 restores to default.
        RELOAD [option ...]
            Save the RDB on disk and reload it back to memory. Valid <option> values:
            * MERGE: conflicting keys will be loaded from RDB.
            * NOFLUSH: the existing database will not be removed before load, but
              conflicting keys make the load fail.
            * NOSAVE: the database will be loaded from an existing RDB file.
        SDSLEN <key>
            Show low level SDS string info representing `key` and value.
        SET-ACTIVE-EXPIRE <0|1>
            Setting it to 0 disables expiring keys in background when they are not
            accessed (otherwise the Redis behavior). Setting it to 1 reenables back the
            default.
        SET-SKIP-CHECKSUM-VALIDATION <0|1>
            Enables or disables checksum checks for RDB files and RESTORE's payload.
        SLEEP <seconds>
            Stop the server for <seconds>. Decimals allowed.
        STRINGMATCH-LEN <pattern> <string>
            Reply 1 when the glob-style <pattern> matches all of <string>, else 0.
        STRINGMATCH-TEST
            Run a fuzz tester against the stringmatchlen() function.
        """u8);
}
