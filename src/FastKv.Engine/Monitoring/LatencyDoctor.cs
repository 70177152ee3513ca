using System.Globalization;
using System.Text;
using FastKv.Engine.Configuration;

namespace FastKv.Engine.Monitoring;

/// <summary>LATENCY DOCTOR's report, in the words that Redis uses. Control plane.</summary>
internal static class LatencyDoctor
{
    private const string Off =
        "I'm sorry, Dave, I can't do that. Latency monitoring is disabled in this Redis instance. You may use \"CONFIG SET latency-monitor-threshold "
        + "<milliseconds>.\" in order to enable it. If we weren't in a deep space mission I'd suggest to take a look at "
        + "https://redis.io/topics/latency-monitor.\n";

    private const string Healthy =
        "Dave, no latency spike was observed during the lifetime of this Redis instance, not in the slightest bit. I honestly think you ought to sit down "
        + "calmly, take a stress pill, and think things over.\n";

    private const string Ill = "Dave, I have observed latency spikes in this Redis instance. You don't mind talking about it, do you Dave?\n\n";

    private const string SlowlogIsOff =
        "- There are latency issues with potentially slow commands you are using. Try to enable the Slow Log Redis feature using the command 'CONFIG SET "
        + "slowlog-log-slower-than {0}'. If the Slow log is disabled Redis is not able to log slow commands execution for you.\n";

    private const string SlowlogIsCoarse =
        "- Your current Slow Log configuration only logs events that are slower than your configured latency monitor threshold. Please use 'CONFIG SET "
        + "slowlog-log-slower-than {0}'.\n";

    private const string ReadSlowlog =
        "- Check your Slow Log to understand what are the commands you are running which are too slow to execute. Please check "
        + "https://redis.io/commands/slowlog for more information.\n";

    private const string Scheduler =
        "- The system is slow to execute Redis code paths not containing system calls. This usually means the system does not provide Redis CPU time to run "
        + "for long periods. You should try to:\n"
        + "  1) Lower the system load.\n"
        + "  2) Use a computer / VM just for Redis if you are running other software in the same system.\n"
        + "  3) Check if you have a \"noisy neighbour\" problem.\n"
        + "  4) Check with 'redis-cli --intrinsic-latency 100' what is the intrinsic latency in your system.\n";

    private const string LocalDisk =
        "- It is strongly advised to use local disks for persistence, especially if you are using AOF. Remote disks provided by platform-as-a-service "
        + "providers are known to be slow.\n";

    private const string FastDisk =
        "- SSD disks are able to reduce fsync latency, and total time needed for snapshotting and AOF log rewriting (resulting in smaller memory usage). With "
        + "extremely high write load SSD disks can be a good option. However Redis should perform reasonably with high load using normal disks. Use this "
        + "advice as a last resort.\n";

    private const string Writeback =
        "- Mounting ext3/4 filesystems with data=writeback can provide a performance boost compared to data=ordered, however this mode of operation provides "
        + "less guarantees, and sometimes it can happen that after a hard crash the AOF file will have a half-written command at the end and will require to "
        + "be repaired before Redis restarts.\n";

    private const string DiskContention =
        "- Try to lower the disk contention. This is often caused by other disk intensive processes running in the same computer (including other Redis "
        + "instances).\n";

    private const string NoSyncOnRewrite =
        "- Assuming from the point of view of data safety this is viable in your environment, you could try to enable the 'no-appendfsync-on-rewrite' option, "
        + "so that fsync will not be performed while there is a child rewriting the AOF file or producing an RDB file (the moment where there is high disk "
        + "contention).\n";

    private const string RelaxSync =
        "- Your fsync policy is set to 'always'. It is very hard to get good performances with such a setup, if possible try to relax the fsync policy to "
        + "'onesec'.\n";

    private const string WriteLoad =
        "- Latency during the AOF atomic rename operation or when the final difference is flushed to the AOF file at the end of the rewrite, sometimes is "
        + "caused by very high write load, causing the AOF buffer to get very large. If possible try to send less commands to accomplish the same work, or use "
        + "Lua scripts to group multiple operations into a single EVALSHA call.\n";

    private const string RaiseHz =
        "- In order to make the Redis keys expiring process more incremental, try to set the 'hz' configuration parameter to 100 using 'CONFIG SET hz 100'.\n";

    private const string LargeObjects =
        "- Deleting, expiring or evicting (because of maxmemory policy) large objects is a blocking operation. If you have very large objects that are often "
        + "deleted, expired, or evicted, try to fragment those objects into multiple smaller objects.\n";

    private const string MassEviction =
        "- Sudden changes to the 'maxmemory' setting via 'CONFIG SET', or allocation of large objects via sets or sorted sets intersections, STORE option "
        + "of SORT, Redis Cluster large keys migrations (RESTORE command), may create sudden memory pressure forcing the server to block trying to evict "
        + "keys. \n";

    private const string NoAdvice =
        "\nWhile there are latency events logged, I'm not able to suggest any easy fix. Please use the Redis community to get some help, providing this report "
        + "in your help request.\n";

    public static string Report(LatencyMonitor monitor, ServerOptions options, long nowSeconds)
    {
        var events = monitor.All();
        if (events.Length == 0)
            return monitor.IsOn ? Healthy : Off;
        var text = new StringBuilder(Ill);
        for (int i = 0; i < events.Length; i++)
            Describe(text, i + 1, events[i].Name, events[i].Samples, events[i].MillisecondsMax, nowSeconds);
        string advices = Advices(events.Select(entry => entry.Name).ToHashSet(), options);
        text.Append(advices.Length == 0 ? NoAdvice : "\nI have a few advices for you:\n\n" + advices);
        return text.ToString();
    }

    private static void Describe(StringBuilder text, int number, string name, LatencySample[] samples, long millisecondsMax, long nowSeconds)
    {
        long average = samples.Sum(sample => sample.Milliseconds) / samples.Length;
        long deviation = samples.Sum(sample => Math.Abs(sample.Milliseconds - average)) / samples.Length;
        double period = (double)Math.Max(1, nowSeconds - samples[0].UnixSeconds) / samples.Length;
        text.Append(CultureInfo.InvariantCulture, $"{number}. {name}: {samples.Length} latency spikes (average {average}ms, ")
            .Append(CultureInfo.InvariantCulture, $"mean deviation {deviation}ms, period {period:F2} sec). ")
            .Append(CultureInfo.InvariantCulture, $"Worst all time event {millisecondsMax}ms.\n");
    }

    private static string Advices(HashSet<string> events, ServerOptions options)
    {
        var text = new StringBuilder();
        bool isCommand = events.Contains(LatencyMonitor.Command);
        long thresholdUs = options.LatencyMonitorThreshold * 1000;
        if (isCommand)
        {
            if (options.SlowlogLogSlowerThan < 0 || options.SlowlogMaxLen == 0)
                text.Append(CultureInfo.InvariantCulture, $"{string.Format(CultureInfo.InvariantCulture, SlowlogIsOff, thresholdUs)}");
            else if (options.SlowlogLogSlowerThan / 1000 > options.LatencyMonitorThreshold)
                text.Append(CultureInfo.InvariantCulture, $"{string.Format(CultureInfo.InvariantCulture, SlowlogIsCoarse, thresholdUs)}");
            text.Append(ReadSlowlog);
        }
        if (events.Contains(LatencyMonitor.FastCommand))
            text.Append(Scheduler);
        AddDiskAdvices(text, events, options);
        if (events.Contains(LatencyMonitor.ExpireCycle))
            text.Append(RaiseHz);
        if (isCommand || events.Contains(LatencyMonitor.ExpireCycle) || events.Contains(LatencyMonitor.EvictionDeletion))
            text.Append(LargeObjects);
        if (events.Contains(LatencyMonitor.EvictionCycle))
            text.Append(MassEviction);
        return text.ToString();
    }

    private static void AddDiskAdvices(StringBuilder text, HashSet<string> events, ServerOptions options)
    {
        bool isPending = events.Contains(LatencyMonitor.AofWriteDuringSync), isAlone = events.Contains(LatencyMonitor.AofWriteAlone);
        bool isSaving = events.Contains(LatencyMonitor.AofWriteDuringSave), isRename = events.Contains(LatencyMonitor.AofRename);
        bool isUnlink = events.Contains(LatencyMonitor.SnapshotUnlink);
        if (isPending || isAlone || isRename || isUnlink)
            text.Append(LocalDisk);
        if (isPending || isAlone || isRename || isSaving)
            text.Append(FastDisk).Append(Writeback);
        if (isPending || isUnlink)
            text.Append(DiskContention);
        if (isSaving)
            text.Append(NoSyncOnRewrite);
        if (events.Contains(LatencyMonitor.AofSync) && options.AppendFsync == AppendFsync.Always)
            text.Append(RelaxSync);
        if (isRename)
            text.Append(WriteLoad);
    }
}
