namespace FastKv.Engine.Commands.Server.Information;

/// <summary>INFO cpu: seconds of the process, its children and (as "main thread") the shard that answers. Control plane.</summary>
internal static class CpuSection
{
    public static void Write(InfoText text)
    {
        var process = ProcessorTime.Of(ProcessorTime.Scope.Process);
        var children = ProcessorTime.Of(ProcessorTime.Scope.Children);
        var thread = ProcessorTime.Of(ProcessorTime.Scope.Thread);
        text.Section("CPU"u8);
        text.Line("used_cpu_sys"u8, process.System, 6);
        text.Line("used_cpu_user"u8, process.User, 6);
        text.Line("used_cpu_sys_children"u8, children.System, 6);
        text.Line("used_cpu_user_children"u8, children.User, 6);
        text.Line("used_cpu_sys_main_thread"u8, thread.System, 6);
        text.Line("used_cpu_user_main_thread"u8, thread.User, 6);
    }
}
