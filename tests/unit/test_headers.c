/* Line headers of well-known programs: what an analyzed record says of each line, the message above all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/scope.h"
#include "tests/unit/analyzed.h"
#include "tests/unit/text_case.h"

struct header {
    const char *line;
    const char *said; /* "FORMAT TIME LEVEL|name=value|..."; "-": unknown; NULL: no format fits */
};

static const struct header hdfs_lines[] = {
    {"081109 203615 148 INFO dfs.DataNode$PacketResponder: PacketResponder 1 for block blk_3886 terminating",
     "text 2008-11-09T20:36:15Z info|pid=148|logger=dfs.DataNode$PacketResponder|message=PacketResponder 1 for block blk_3886 terminating"},
    {"081109 203807 222 INFO dfs.DataNode$PacketResponder: PacketResponder 0 for block blk_-6952 terminating",
     "text 2008-11-09T20:38:07Z info|pid=222|logger=dfs.DataNode$PacketResponder|message=PacketResponder 0 for block blk_-6952 terminating"},
    {"081109 214043 2561 WARN dfs.DataNode$DataXceiver: 10.0.0.85:50010:Got exception while serving blk_-2918 to /10.0.0.64:",
     "text 2008-11-09T21:40:43Z warning|pid=2561|logger=dfs.DataNode$DataXceiver|message=10.0.0.85:50010:Got exception while serving blk_-2918 to /10.0.0.64:"},
    {"081111 080934 19 INFO dfs.FSNamesystem: BLOCK* NameSystem.delete: blk_781 is added to invalidSet of 10.0.0.7:50010",
     "text 2008-11-11T08:09:34Z info|pid=19|logger=dfs.FSNamesystem|message=BLOCK* NameSystem.delete: blk_781 is added to invalidSet of 10.0.0.7:50010"},
    {"081110 103547 13 ERROR dfs.DataNode$DataXceiver: 10.0.0.7:50010:DataXceiver: java.io.EOFException",
     "text 2008-11-10T10:35:47Z error|pid=13|logger=dfs.DataNode$DataXceiver|message=10.0.0.7:50010:DataXceiver: java.io.EOFException"},
    {"81109 203615 148 INFO dfs.DataNode: 10.0.0.7:50010 Served block blk_3 to /10.0.0.7",
     "text 2008-11-09T20:36:15Z info|pid=148|logger=dfs.DataNode|message=10.0.0.7:50010 Served block blk_3 to /10.0.0.7"},
};

static const struct header hadoop_lines[] = {
    {"2015-10-18 18:01:47,978 INFO [main] org.apache.hadoop.mapreduce.v2.app.MRAppMaster: Created MRAppMaster for application appattempt_1_0020_000001",
     "text 2015-10-18T18:01:47.978000Z info|thread=main|logger=org.apache.hadoop.mapreduce.v2.app.MRAppMaster|message=Created MRAppMaster for application appattempt_1_0020_000001"},
    {"2015-10-18 18:01:53,447 INFO [Socket Reader #1 for port 62260] org.apache.hadoop.ipc.Server: Starting Socket Reader #1 for port 62260",
     "text 2015-10-18T18:01:53.447000Z info|thread=Socket Reader #1 for port 62260|logger=org.apache.hadoop.ipc.Server|message=Starting Socket Reader #1 for port 62260"},
    {"2015-10-18 18:02:05,118 INFO [IPC Server handler 0 on 62270] org.apache.hadoop.mapred.TaskAttemptListenerImpl: JVM with ID: jvm_1 given task: attempt_1",
     "text 2015-10-18T18:02:05.118000Z info|thread=IPC Server handler 0 on 62270|logger=org.apache.hadoop.mapred.TaskAttemptListenerImpl|message=JVM with ID: jvm_1 given task: attempt_1"},
    {"2015-10-18 18:05:27,570 WARN [LeaseRenewer:ada@node-41:9000] org.apache.hadoop.ipc.Client: Address change detected. Old: node-41/10.0.0.41:9000 New: node-41:9000",
     "text 2015-10-18T18:05:27.570000Z warning|thread=LeaseRenewer:ada@node-41:9000|logger=org.apache.hadoop.ipc.Client|message=Address change detected. Old: node-41/10.0.0.41:9000 New: node-41:9000"},
    {"2015-10-18 18:07:03,328 ERROR [RMCommunicator Allocator] org.apache.hadoop.mapreduce.v2.app.rm.RMContainerAllocator: ERROR IN CONTACTING RM. ",
     "text 2015-10-18T18:07:03.328000Z error|thread=RMCommunicator Allocator|logger=org.apache.hadoop.mapreduce.v2.app.rm.RMContainerAllocator|message=ERROR IN CONTACTING RM. "},
    {"2015-10-18 18:01:50,572 FATAL [uber-SubtaskRunner[1]] org.apache.hadoop.mapred.Task: Failed: x",
     "text 2015-10-18T18:01:50.572000Z critical|thread=uber-SubtaskRunner[1]|logger=org.apache.hadoop.mapred.Task|message=Failed: x"},
    {"2013-11-27 12:55:48,021 INFO org.apache.hadoop.hdfs.server.namenode.NameNode: STARTUP_MSG: ",
     "text 2013-11-27T12:55:48.021000Z info|logger=org.apache.hadoop.hdfs.server.namenode.NameNode|message=STARTUP_MSG: "},
};

static const struct header spark_lines[] = {
    {"17/06/09 20:10:40 INFO executor.CoarseGrainedExecutorBackend: Registered signal handlers for [TERM, HUP, INT]",
     "text 2017-06-09T20:10:40Z info|logger=executor.CoarseGrainedExecutorBackend|message=Registered signal handlers for [TERM, HUP, INT]"},
    {"17/06/09 20:10:46 INFO storage.MemoryStore: MemoryStore cleared",
     "text 2017-06-09T20:10:46Z info|logger=storage.MemoryStore|message=MemoryStore cleared"},
    {"17/06/09 20:10:58 WARN python.PythonRunner: Times: total = 39, boot = 30, init = 9, finish = 0",
     "text 2017-06-09T20:10:58Z warning|logger=python.PythonRunner|message=Times: total = 39, boot = 30, init = 9, finish = 0"},
};

static const struct header zookeeper_lines[] = {
    {"2015-07-29 17:41:44,747 - INFO  [QuorumPeer[myid=1]/0:0:0:0:0:0:0:0:2181:FastLeaderElection@774] - Notification time out: 3200",
     "text 2015-07-29T17:41:44.747000Z info|thread=QuorumPeer[myid=1]/0:0:0:0:0:0:0:0:2181|logger=FastLeaderElection|line=774|message=Notification time out: 3200"},
    {"2015-07-29 19:04:12,394 - INFO  [/10.10.34.11:3888:QuorumCnxManager$Listener@493] - Received connection request /10.10.34.11:45307",
     "text 2015-07-29T19:04:12.394000Z info|thread=/10.10.34.11:3888|logger=QuorumCnxManager$Listener|line=493|message=Received connection request /10.10.34.11:45307"},
    {"2015-07-29 19:04:29,071 - WARN  [SendWorker:188978561024:QuorumCnxManager$SendWorker@688] - Send worker leaving thread",
     "text 2015-07-29T19:04:29.071000Z warning|thread=SendWorker:188978561024|logger=QuorumCnxManager$SendWorker|line=688|message=Send worker leaving thread"},
    {"2015-07-29 17:42:00,000 - INFO  [WorkerReceiver[myid=1]:FastLeaderElection$Messenger$WorkerReceiver@542] - Notification: 1 (n.leader), 0x0 (n.zxid)",
     "text 2015-07-29T17:42:00Z info|thread=WorkerReceiver[myid=1]|logger=FastLeaderElection$Messenger$WorkerReceiver|line=542|message=Notification: 1 (n.leader), 0x0 (n.zxid)"},
    {"2015-07-30 20:54:38,281 - ERROR [main:QuorumPeerConfig@101] - Reading configuration from: /etc/zookeeper/conf/zoo.cfg",
     "text 2015-07-30T20:54:38.281000Z error|thread=main|logger=QuorumPeerConfig|line=101|message=Reading configuration from: /etc/zookeeper/conf/zoo.cfg"},
    {"2015-08-10 18:12:36,750 - INFO  [NIOServerCxn.Factory:0.0.0.0/0.0.0.0:2181:NIOServerCnxn@1001] - Closed socket connection for client /10.10.34.13:36041 (no session established for client)",
     "text 2015-08-10T18:12:36.750000Z info|thread=NIOServerCxn.Factory:0.0.0.0/0.0.0.0:2181|logger=NIOServerCnxn|line=1001|message=Closed socket connection for client /10.10.34.13:36041 (no session established for client)"},
    {"2020-03-01 10:00:00,000 [myid:1] - INFO  [main:QuorumPeerConfig@135] - Reading configuration from: zoo.cfg",
     "text 2020-03-01T10:00:00Z info|thread=myid:1|thread=main|logger=QuorumPeerConfig|line=135|message=Reading configuration from: zoo.cfg"},
};

static const struct header bgl_lines[] = {
    {"- 1117838570 2005.06.03 R02-M1-N0-C:J12-U11 2005-06-03-15.42.50.675872 R02-M1-N0-C:J12-U11 RAS KERNEL INFO instruction cache parity error corrected",
     "text 2005-06-03T22:42:50Z info|host=R02-M1-N0-C:J12-U11|local_time=2005-06-03-15.42.50.675872|reporter=RAS|service=KERNEL|message=instruction cache parity error corrected"},
    {"KERNDTLB 1118536327 2005.06.11 R30-M0-N9-C:J16-U01 2005-06-11-17.32.07.581048 R30-M0-N9-C:J16-U01 RAS KERNEL FATAL data TLB error interrupt",
     "text 2005-06-12T00:32:07Z critical|alert=KERNDTLB|host=R30-M0-N9-C:J16-U01|local_time=2005-06-11-17.32.07.581048|reporter=RAS|service=KERNEL|message=data TLB error interrupt"},
    {"APPREAD 1117869872 2005.06.04 R04-M1-N4-I:J18-U11 2005-06-04-00.24.32.432192 R04-M1-N4-I:J18-U11 RAS APP FATAL ciod: failed to read message prefix on control stream (CioStream socket to 10.0.0.116:33569)",
     "text 2005-06-04T07:24:32Z critical|alert=APPREAD|host=R04-M1-N4-I:J18-U11|local_time=2005-06-04-00.24.32.432192|reporter=RAS|service=APP|message=ciod: failed to read message prefix on control stream (CioStream socket to 10.0.0.116:33569)"},
    {"- 1121707460 2005.07.18 NULL 2005-07-18-10.24.20.000000 NULL NULL DISCOVERY SEVERE Can not get assembly information for node card",
     "text 2005-07-18T17:24:20Z error|local_time=2005-07-18-10.24.20.000000|reporter=NULL|service=DISCOVERY|message=Can not get assembly information for node card"},
    {"- 1118269930 2005.06.08 UNKNOWN_LOCATION 2005-06-08-15.32.10.395410 UNKNOWN_LOCATION NULL DISCOVERY ERROR Bad cable going into LinkCard (FF2B) Jtag (0) Port (D)",
     "text 2005-06-08T22:32:10Z error|host=UNKNOWN_LOCATION|local_time=2005-06-08-15.32.10.395410|reporter=NULL|service=DISCOVERY|message=Bad cable going into LinkCard (FF2B) Jtag (0) Port (D)"},
    {"- 1118769530 2005.06.14 R23-L1 2005-06-14-10.18.50.000001 R23-L1 RAS LINKCARD INFO MidplaneSwitchController performing bit sparing on R23-L1-U22-A bit 4",
     "text 2005-06-14T17:18:50Z info|host=R23-L1|local_time=2005-06-14-10.18.50.000001|reporter=RAS|service=LINKCARD|message=MidplaneSwitchController performing bit sparing on R23-L1-U22-A bit 4"},
    {"- 1119339918 2005.06.21 R21-M1-N2-C:J13-U11 2005-06-21-00.45.18.151123 R21-M1-N2-C:J13-U11 RAS MMCS ERROR idoproxydb hit ASSERT condition: ASSERT expression=0",
     "text 2005-06-21T07:45:18Z error|host=R21-M1-N2-C:J13-U11|local_time=2005-06-21-00.45.18.151123|reporter=RAS|service=MMCS|message=idoproxydb hit ASSERT condition: ASSERT expression=0"},
    {"- 1122922514 2005.08.01 R36-M0 2005-08-01-11.55.14.000001 R36-M0 RAS MONITOR FAILURE monitor caught java.lang.IllegalStateException: while executing CONTROL Operation",
     "text 2005-08-01T18:55:14Z error|host=R36-M0|local_time=2005-08-01-11.55.14.000001|reporter=RAS|service=MONITOR|message=monitor caught java.lang.IllegalStateException: while executing CONTROL Operation"},
};

static const struct header hpc_lines[] = {
    {"134681 node-246 unix.hw state_change.unavailable 1077804742 1 Component State Change: Component \\042alt0\\042 is in the unavailable state (HWID=3180)",
     "text 2004-02-26T14:12:22Z -|serial=134681|host=node-246|service=unix.hw|state=state_change.unavailable|flag=1|message=Component State Change: Component \\042alt0\\042 is in the unavailable state (HWID=3180)"},
    {"350766 node-109 unix.hw state_change.unavailable 1084680778 1 Component State Change: Component \\042SCSI-WWID:01000010:6005-08b4-0001-00c6-0006-3000-003d-0000\\042 is in the unavailable state (HWID=1973)",
     "text 2004-05-16T04:12:58Z -|serial=350766|host=node-109|service=unix.hw|state=state_change.unavailable|flag=1|message=Component State Change: Component \\042SCSI-WWID:01000010:6005-08b4-0001-00c6-0006-3000-003d-0000\\042 is in the unavailable state (HWID=1973)"},
    {"460903 gige7 gige temperature 1098300101 1 1135|ambient=28",
     "text 2004-10-20T19:21:41Z -|serial=460903|host=gige7|service=gige|state=temperature|flag=1|message=1135|ambient=28"},
    {"2570013 node-D7 action start 1146206205 1 risBoot (command 3342)",
     "text 2006-04-28T06:36:45Z -|serial=2570013|host=node-D7|service=action|state=start|flag=1|message=risBoot (command 3342)"},
};

static const struct header thunderbird_lines[] = {
    {"- 1131566461 2005.11.09 dn228 Nov 9 12:01:01 dn228/dn228 crond(pam_unix)[2915]: session closed for user root",
     "text 2005-11-09T20:01:01Z -|host=dn228|local_time=Nov 9 12:01:01|location=dn228/dn228|service=crond(pam_unix)|pid=2915|message=session closed for user root"},
    {"- 1131566461 2005.11.09 tbird-admin1 Nov 9 12:01:01 local@tbird-admin1 /apps/x86_64/system/ganglia-3.0.1/sbin/gmetad[1682]: data_thread() got not answer from any [Thunderbird_A1] datasource",
     "text 2005-11-09T20:01:01Z -|host=tbird-admin1|local_time=Nov 9 12:01:01|location=local@tbird-admin1|service=/apps/x86_64/system/ganglia-3.0.1/sbin/gmetad|pid=1682|message=data_thread() got not answer from any [Thunderbird_A1] datasource"},
    {"- 1131566479 2005.11.09 aadmin1 Nov 9 12:01:19 src@aadmin1 in.tftpd[14620]: tftp: client does not accept options",
     "text 2005-11-09T20:01:19Z -|host=aadmin1|local_time=Nov 9 12:01:19|location=src@aadmin1|service=in.tftpd|pid=14620|message=tftp: client does not accept options"},
    {"- 1131566508 2005.11.09 dn731 Nov 9 12:01:48 dn731/dn731 Server Administrator: Instrumentation Service EventID: 1404  Memory device status is critical",
     "text 2005-11-09T20:01:48Z -|host=dn731|local_time=Nov 9 12:01:48|location=dn731/dn731|service=Server Administrator|message=Instrumentation Service EventID: 1404  Memory device status is critical"},
    {"- 1131566512 2005.11.09 dn3 Nov 9 12:01:52 dn3/dn3 kernel: scsi0 : ata_piix",
     "text 2005-11-09T20:01:52Z -|host=dn3|local_time=Nov 9 12:01:52|location=dn3/dn3|service=kernel|message=scsi0 : ata_piix"},
    {"VAPI 1131566600 2005.11.09 bn257 Nov 9 12:03:20 bn257/bn257 kernel: [KERNEL_IB][ib_mad_static_post_receives][/mnt/x.c:42]Couldn't post receive",
     "text 2005-11-09T20:03:20Z -|alert=VAPI|host=bn257|local_time=Nov 9 12:03:20|location=bn257/bn257|service=kernel|message=[KERNEL_IB][ib_mad_static_post_receives][/mnt/x.c:42]Couldn't post receive"},
    {"- 1131567031 2005.11.09 tbird-sm1 Nov 9 12:10:31 local@tbird-sm1 ib_sm.x[24583]: [ib_sm_sweep.c:1455]: No topology change",
     "text 2005-11-09T20:10:31Z -|host=tbird-sm1|local_time=Nov 9 12:10:31|location=local@tbird-sm1|service=ib_sm.x|pid=24583|message=[ib_sm_sweep.c:1455]: No topology change"},
};

static const struct header cbs_lines[] = {
    {"2016-09-28 04:30:30, Info                  CBS    Loaded Servicing Stack v6.1.7601.23505 with Core: C:\\Windows\\winsxs\\amd64\\cbscore.dll",
     "text 2016-09-28T04:30:30Z info|logger=CBS|message=Loaded Servicing Stack v6.1.7601.23505 with Core: C:\\Windows\\winsxs\\amd64\\cbscore.dll"},
    {"2016-09-28 04:30:31, Info                  CSI    00000001@2016/9/27:20:30:31.455 WcpInitialize (wcp.dll version 0.0.0.6) called (stack @0x7fed806eb5d @0x7fef9fb9b6d)",
     "text 2016-09-28T04:30:31Z info|logger=CSI|message=00000001@2016/9/27:20:30:31.455 WcpInitialize (wcp.dll version 0.0.0.6) called (stack @0x7fed806eb5d @0x7fef9fb9b6d)"},
    {"2016-09-28 04:40:53, Error                 CBS    Failed to get session package state for package: Package_for_KB3178034~31bf3856ad364e35",
     "text 2016-09-28T04:40:53Z error|logger=CBS|message=Failed to get session package state for package: Package_for_KB3178034~31bf3856ad364e35"},
    {"2016-09-29 00:01:43, Warning               CBS    Unrecognized packageExtended attribute.",
     "text 2016-09-29T00:01:43Z warning|logger=CBS|message=Unrecognized packageExtended attribute."},
};

static const struct header linux_lines[] = {
    {"Jun 14 15:16:01 combo sshd(pam_unix)[19939]: authentication failure; logname= uid=0 euid=0 tty=NODEVssh ruser= rhost=192.0.2.4 ",
     "syslog 2026-06-14T15:16:01Z -|host=combo|service=sshd(pam_unix)|pid=19939|message=authentication failure; logname= uid=0 euid=0 tty=NODEVssh ruser= rhost=192.0.2.4 "},
    {"Jul 27 14:41:57 combo kernel: Linux version 2.6.5-1.358 (root@build.example.org)",
     "syslog 2026-07-27T14:41:57Z -|host=combo|service=kernel|message=Linux version 2.6.5-1.358 (root@build.example.org)"},
    {"Jun 15 12:12:34 combo  -- root[2421]: ROOT LOGIN ON tty2",
     "syslog 2026-06-15T12:12:34Z -|host=combo|service=root|pid=2421|message=ROOT LOGIN ON tty2"},
    {"Jun 19 04:08:55 combo syslogd 1.4.1: restart.",
     "syslog 2026-06-19T04:08:55Z -|host=combo|service=syslogd 1.4.1|message=restart."},
    {"Jun 15 04:06:18 combo su(pam_unix)[21416]: session opened for user cyrus by (uid=0)",
     "syslog 2026-06-15T04:06:18Z -|host=combo|service=su(pam_unix)|pid=21416|message=session opened for user cyrus by (uid=0)"},
    {"Jun 15 04:06:20 combo logrotate: ALERT exited abnormally with [1]",
     "syslog 2026-06-15T04:06:20Z -|host=combo|service=logrotate|message=ALERT exited abnormally with [1]"},
    {"Jun 20 03:40:59 combo ftpd[8829]: connection from 192.0.2.9 () at Mon Jun 20 03:40:59 2005",
     "syslog 2026-06-20T03:40:59Z -|host=combo|service=ftpd|pid=8829|message=connection from 192.0.2.9 () at Mon Jun 20 03:40:59 2005"},
    {"Jul  1 00:00:00 combo last message repeated 3 times",
     "syslog 2026-07-01T00:00:00Z -|host=combo|message=last message repeated 3 times"},
    {"Jul  1 00:20:00 combo -- MARK --", "syslog 2026-07-01T00:20:00Z -|host=combo|message=-- MARK --"},
    {"Jul  1 00:20:00 combo kernel: [12345.678901] usb 1-1: new high-speed USB device",
     "syslog 2026-07-01T00:20:00Z -|host=combo|service=kernel|uptime=12345.678901|message=usb 1-1: new high-speed USB device"},
};

static const struct header mac_lines[] = {
    {"Jul  1 09:00:55 mac-10-1 kernel[0]: IOThunderboltSwitch<0>(0x0)::listenerCallback - Thunderbolt HPD packet for route = 0x0 port = 11 unplug = 0",
     "syslog 2026-07-01T09:00:55Z -|host=mac-10-1|service=kernel|pid=0|message=IOThunderboltSwitch<0>(0x0)::listenerCallback - Thunderbolt HPD packet for route = 0x0 port = 11 unplug = 0"},
    {"Jul  1 09:01:05 mac-10-1 com.apple.CDScheduler[43]: Thermal pressure state: 1 Memory pressure state: 0",
     "syslog 2026-07-01T09:01:05Z -|host=mac-10-1|service=com.apple.CDScheduler|pid=43|message=Thermal pressure state: 1 Memory pressure state: 0"},
    {"Jul  1 09:29:02 mac-10-1 Google Chrome Helper[35628]: Couldn't load framework from CFBundleGetBundleWithIdentifier(@\"com.google.Chrome.framework\")",
     "syslog 2026-07-01T09:29:02Z -|host=mac-10-1|service=Google Chrome Helper|pid=35628|message=Couldn't load framework from CFBundleGetBundleWithIdentifier(@\"com.google.Chrome.framework\")"},
    {"Jul  2 03:39:20 mac-10-1 com.apple.xpc.launchd[1] (com.apple.quicklook[45691]): Endpoint has been activated through legacy launch(3) APIs.",
     "syslog 2026-07-02T03:39:20Z -|host=mac-10-1|service=com.apple.xpc.launchd|pid=1|job=com.apple.quicklook[45691]|message=Endpoint has been activated through legacy launch(3) APIs."},
    {"Jul  2 11:14:33 --- last message repeated 1 time ---",
     "text 2026-07-02T11:14:33Z -|message=--- last message repeated 1 time ---"},
    {"Jul  2 11:14:33 mac-10-1 --- last message repeated 1 time ---",
     "syslog 2026-07-02T11:14:33Z -|host=mac-10-1|message=--- last message repeated 1 time ---"},
    {"Jul  2 16:32:34 mac-10-1 QQ[10018]: tcp_connection_destination_perform_socket_connect 19110 connectx to 192.0.2.75:80@0 failed: [50] Network is down",
     "syslog 2026-07-02T16:32:34Z -|host=mac-10-1|service=QQ|pid=10018|message=tcp_connection_destination_perform_socket_connect 19110 connectx to 192.0.2.75:80@0 failed: [50] Network is down"},
    {"Jul  3 04:37:03 Mac-Book Safari[9852]: KeychainGetICDPStatus: status: off",
     "syslog 2026-07-03T04:37:03Z -|host=Mac-Book|service=Safari|pid=9852|message=KeychainGetICDPStatus: status: off"},
    {"Jul  3 04:37:03 Mac-Book Microsoft Word[14463]: .sdef warning for class 'footnote'",
     "syslog 2026-07-03T04:37:03Z -|host=Mac-Book|service=Microsoft Word|pid=14463|message=.sdef warning for class 'footnote'"},
    {"Jul  3 04:37:03 Mac-Book Unknown[10018]: x",
     "syslog 2026-07-03T04:37:03Z -|host=Mac-Book|service=Unknown|pid=10018|message=x"},
};

static const struct header android_lines[] = {
    {"03-17 16:13:38.811  1702  2395 D WindowManager: printFreezingDisplayLogsopening app wtoken = AppWindowToken{9f4ef63 token=Token{a64f992}}",
     "text 2026-03-17T16:13:38.811000Z debug|pid=1702|thread=2395|logger=WindowManager|message=printFreezingDisplayLogsopening app wtoken = AppWindowToken{9f4ef63 token=Token{a64f992}}"},
    {"03-17 16:13:38.819  1702  8671 D PowerManagerService: acquire lock=233570404, flags=0x1, tag=\"View Lock\", name=com.android.systemui",
     "text 2026-03-17T16:13:38.819000Z debug|pid=1702|thread=8671|logger=PowerManagerService|message=acquire lock=233570404, flags=0x1, tag=\"View Lock\", name=com.android.systemui"},
    {"03-17 16:13:45.382  1702  2395 V WindowManager: Skipping AppWindowToken{df0798e} -- going to hide",
     "text 2026-03-17T16:13:45.382000Z trace|pid=1702|thread=2395|logger=WindowManager|message=Skipping AppWindowToken{df0798e} -- going to hide"},
    {"03-17 16:13:46.741  1702 17633 E ActivityManager  : Sending non-protected broadcast com.x",
     "text 2026-03-17T16:13:46.741000Z error|pid=1702|thread=17633|logger=ActivityManager|message=Sending non-protected broadcast com.x"},
    {"03-17 16:13:47.000  3000  3000 I Wifi Tag/sub: hello: world",
     "text 2026-03-17T16:13:47Z info|pid=3000|thread=3000|logger=Wifi Tag/sub|message=hello: world"},
    {"03-17 16:15:54.221  2852  3058 W       : empty tag",
     "text 2026-03-17T16:15:54.221000Z warning|pid=2852|thread=3058|message=empty tag"},
    {"D/Tag( 1702): msg", "text - debug|logger=Tag|pid=1702|message=msg"},
    {"03-17 16:13:38.811 W/dalvikvm( 1702): threadid=11: thread exiting",
     "text 2026-03-17T16:13:38.811000Z warning|logger=dalvikvm|pid=1702|message=threadid=11: thread exiting"},
    {"I/flutter (12345): Hello world", "text - info|logger=flutter|pid=12345|message=Hello world"},
};

static const struct header healthapp_lines[] = {
    {"20171223-22:15:29:606|Step_LSC|30002312|onStandStepChanged 3579",
     "text 2017-12-23T22:15:29.606000Z -|logger=Step_LSC|pid=30002312|message=onStandStepChanged 3579"},
    {"20171223-22:15:29:615|Step_StandReportReceiver|30002312|onReceive action: android.intent.action.SCREEN_ON",
     "text 2017-12-23T22:15:29.615000Z -|logger=Step_StandReportReceiver|pid=30002312|message=onReceive action: android.intent.action.SCREEN_ON"},
    {"20171224-0:0:5:12|HiH_HiSyncUtil|30002312|upload|x",
     "text 2017-12-24T00:00:05.012000Z -|logger=HiH_HiSyncUtil|pid=30002312|message=upload|x"},
};

static const struct header apache_lines[] = {
    {"[Sun Dec 04 04:47:44 2005] [notice] workerEnv.init() ok /etc/httpd/conf/workers2.properties",
     "text 2005-12-04T04:47:44Z notice|message=workerEnv.init() ok /etc/httpd/conf/workers2.properties"},
    {"[Sun Dec 04 04:47:44 2005] [error] mod_jk child workerEnv in error state 6",
     "text 2005-12-04T04:47:44Z error|message=mod_jk child workerEnv in error state 6"},
    {"[Sun Dec 04 05:15:09 2005] [error] [client 192.0.2.84] Directory index forbidden by rule: /var/www/html/",
     "text 2005-12-04T05:15:09Z error|client_ip=192.0.2.84|message=Directory index forbidden by rule: /var/www/html/"},
    {"[Fri Nov 20 10:00:00.123456 2026] [core:error] [pid 12:tid 34] [client 1.2.3.4:567] AH00128: File does not exist: /var/www/x",
     "text 2026-11-20T10:00:00.123456Z error|logger=core|pid=12|client_ip=1.2.3.4|message=AH00128: File does not exist: /var/www/x"},
};

static const struct header sshd_lines[] = {
    {"Dec 10 06:55:46 lab sshd[24200]: Invalid user webmaster from 192.0.2.86",
     "syslog 2025-12-10T06:55:46Z -|host=lab|service=sshd|pid=24200|message=Invalid user webmaster from 192.0.2.86"},
    {"Dec 10 07:08:28 lab sshd[24208]: reverse mapping checking getaddrinfo for ns.example.com [192.0.2.86] failed - POSSIBLE BREAK-IN ATTEMPT!",
     "syslog 2025-12-10T07:08:28Z -|host=lab|service=sshd|pid=24208|message=reverse mapping checking getaddrinfo for ns.example.com [192.0.2.86] failed - POSSIBLE BREAK-IN ATTEMPT!"},
};

static const struct header openstack_lines[] = {
    {"nova-api.log.1.2017-05-16_13:53:08 2017-05-16 00:00:00.008 25746 INFO nova.osapi_compute.wsgi.server [req-00000000-2096-447d-96ea-000000000001 0123456789abcdef0123456789abcdef fedcba9876543210fedcba9876543210 - - -] 10.11.10.1 \"GET /v2/fedcba9876543210fedcba9876543210/servers/detail HTTP/1.1\" status: 200 len: 1893 time: 0.2477829",
     "text 2017-05-16T00:00:00.008000Z info|file=nova-api.log.1.2017-05-16_13:53:08|pid=25746|logger=nova.osapi_compute.wsgi.server|request_id=req-00000000-2096-447d-96ea-000000000001|user_id=0123456789abcdef0123456789abcdef|project_id=fedcba9876543210fedcba9876543210|message=10.11.10.1 \"GET /v2/fedcba9876543210fedcba9876543210/servers/detail HTTP/1.1\" status: 200 len: 1893 time: 0.2477829"},
    {"nova-compute.log.1.2017-05-16_13:55:31 2017-05-16 00:00:04.500 2931 INFO nova.compute.manager [req-00000000-2096-447d-96ea-000000000002 - - - - -] [instance: 00000000-2096-447d-96ea-000000000003] VM Started (Lifecycle Event)",
     "text 2017-05-16T00:00:04.500000Z info|file=nova-compute.log.1.2017-05-16_13:55:31|pid=2931|logger=nova.compute.manager|request_id=req-00000000-2096-447d-96ea-000000000002|message=[instance: 00000000-2096-447d-96ea-000000000003] VM Started (Lifecycle Event)"},
    {"2017-05-16 00:00:05.185 2931 WARNING nova.virt.libvirt.imagecache [-] Unknown base file: /var/lib/nova/instances/_base/0123456789",
     "text 2017-05-16T00:00:05.185000Z warning|pid=2931|logger=nova.virt.libvirt.imagecache|message=Unknown base file: /var/lib/nova/instances/_base/0123456789"},
};

static const struct header proxifier_lines[] = {
    {"[10.30 16:49:06] chrome.exe - proxy.example.org:5070 open through proxy proxy.example.org:5070 HTTPS",
     "text 2026-10-30T16:49:06Z -|service=chrome.exe|message=proxy.example.org:5070 open through proxy proxy.example.org:5070 HTTPS"},
    {"[10.30 17:14:01] Skype.exe *64 - a.example.net:443 close, 0 bytes sent, 0 bytes received, lifetime <1 sec",
     "text 2026-10-30T17:14:01Z -|service=Skype.exe|bits=*64|message=a.example.net:443 close, 0 bytes sent, 0 bytes received, lifetime <1 sec"},
    {"[07.27 10:50:03] pcdrcui.exe *64 - www.example.com:80 error : Could not connect to proxy proxy.example.org:5070 - connection attempt failed",
     "text 2026-07-27T10:50:03Z -|service=pcdrcui.exe|bits=*64|message=www.example.com:80 error : Could not connect to proxy proxy.example.org:5070 - connection attempt failed"},
};

static const struct header python_lines[] = {
    {"2024-06-03 10:00:00,123 INFO app.db: slow query",
     "text 2024-06-03T10:00:00.123000Z info|logger=app.db|message=slow query"},
    {"2024-06-03 10:00:00,123 - app - ERROR - failed: x - y",
     "text 2024-06-03T10:00:00.123000Z error|logger=app|message=failed: x - y"},
    {"2024-06-03 10:00:00,123 app.views ERROR Internal Server Error: /x",
     "text 2024-06-03T10:00:00.123000Z error|logger=app.views|message=Internal Server Error: /x"},
    {"2024-06-03 10:00:00,123 root         INFO     Jackdaws love my big sphinx",
     "text 2024-06-03T10:00:00.123000Z info|logger=root|message=Jackdaws love my big sphinx"},
    {"2024-06-03 10:00:00,123:INFO:root:started", "text 2024-06-03T10:00:00.123000Z info|logger=root|message=started"},
    {"2024-06-03 10:00:00,123 [INFO] app.db: up", "text 2024-06-03T10:00:00.123000Z info|logger=app.db|message=up"},
    {"2024-06-03 10:00:00,123 [12345] WARNING app.db: slow",
     "text 2024-06-03T10:00:00.123000Z warning|pid=12345|logger=app.db|message=slow"},
    {"2024-06-03 10:00:00,123 INFO sqlalchemy.engine.Engine SELECT 1",
     "text 2024-06-03T10:00:00.123000Z info|logger=sqlalchemy.engine.Engine|message=SELECT 1"},
    {"2024-06-03 10:00:00,123 INFO config.yaml loaded",
     "text 2024-06-03T10:00:00.123000Z info|message=config.yaml loaded"},
    {"2024-06-03 10:00:00,123 ERROR it broke: badly", "text 2024-06-03T10:00:00.123000Z error|message=it broke: badly"},
    {"2024-06-03 10:00:00,123 the ERROR was here",
     "text 2024-06-03T10:00:00.123000Z error|logger=the|message=was here"},
    {"WARNING:root:msg", "text - warning|logger=root|message=msg"},
    {"WARNING:urllib3.connectionpool:Retrying (Retry(total=2))",
     "text - warning|logger=urllib3.connectionpool|message=Retrying (Retry(total=2))"},
};

static const struct header loguru_lines[] = {
    {"2024-06-03 10:00:00.123 | WARNING  | app.mod:func:12 - it works",
     "text 2024-06-03T10:00:00.123000Z warning|logger=app.mod|function=func|line=12|message=it works"},
};

static const struct header python_servers_lines[] = {
    {"INFO:     127.0.0.1:50000 - \"GET /x HTTP/1.1\" 200 OK",
     "text - info|client_ip=127.0.0.1|method=GET|path=/x|protocol=HTTP/1.1|status=200"},
    {"INFO:     Application startup complete.", "text - info|message=Application startup complete."},
    {"[2024-06-03 10:00:00 +0000] [12345] [INFO] Listening at: http://0.0.0.0:8000 (12345)",
     "text 2024-06-03T10:00:00Z info|pid=12345|message=Listening at: http://0.0.0.0:8000 (12345)"},
    {"[03/Jun/2024 10:00:00] \"GET /admin/ HTTP/1.1\" 302 0",
     "text 2024-06-03T10:00:00Z -|method=GET|path=/admin/|protocol=HTTP/1.1|status=302|bytes=0"},
    {"INFO 2024-06-03 10:00:00,123 views 1234 140 Hello",
     "text 2024-06-03T10:00:00.123000Z info|message=views 1234 140 Hello"},
    {"ERROR 2024-06-03 10:00:00,123 app.views: broke",
     "text 2024-06-03T10:00:00.123000Z error|logger=app.views|message=broke"},
    {"[2024-06-03 10:00:00,123: INFO/ForkPoolWorker-1] Task app.add[6f1b] succeeded in 0.01s: 4",
     "text 2024-06-03T10:00:00.123000Z info|process=ForkPoolWorker-1|message=Task app.add[6f1b] succeeded in 0.01s: 4"},
};

static const struct header java_lines[] = {
    {"10:00:00.123 [main] DEBUG com.example.App - Hello",
     "text - debug|clock=10:00:00.123|thread=main|logger=com.example.App|message=Hello"},
    {"10:00:00,123 INFO  [org.jboss.as] (MSC service thread 1-1) WFLYSRV0049: WildFly starting",
     "text - info|clock=10:00:00,123|logger=org.jboss.as|thread=MSC service thread 1-1|message=WFLYSRV0049: WildFly starting"},
    {"2024-06-03 10:00:00.123 [main] INFO  Main - Hello",
     "text 2024-06-03T10:00:00.123000Z info|thread=main|logger=Main|message=Hello"},
    {"2024-06-03 10:00:00.123 [http-nio-8080-exec-1] ERROR c.e.App - Failed: x",
     "text 2024-06-03T10:00:00.123000Z error|thread=http-nio-8080-exec-1|logger=c.e.App|message=Failed: x"},
    {"2024-06-03 10:00:00,123 INFO  [io.quarkus] (main) Installed features: [cdi]",
     "text 2024-06-03T10:00:00.123000Z info|logger=io.quarkus|thread=main|message=Installed features: [cdi]"},
    {"2024-06-03 10:00:00.123  INFO 12345 --- [           main] c.e.demo.DemoApplication                 : Started DemoApplication in 2.1 seconds",
     "text 2024-06-03T10:00:00.123000Z info|pid=12345|thread=main|logger=c.e.demo.DemoApplication|message=Started DemoApplication in 2.1 seconds"},
    {"2024-06-03T10:00:00.123+02:00  INFO 12345 --- [demo] [           main] c.e.d.DemoApplication                  : Starting",
     "text 2024-06-03T08:00:00.123000Z info|pid=12345|service=demo|thread=main|logger=c.e.d.DemoApplication|message=Starting"},
    {"2024-06-03T10:00:00.123Z ERROR 1 --- [nio-8080-exec-1] o.a.c.c.C.[.[.[/].[dispatcherServlet]    : Servlet.service() threw",
     "text 2024-06-03T10:00:00.123000Z error|pid=1|thread=nio-8080-exec-1|logger=o.a.c.c.C.[.[.[/].[dispatcherServlet]|message=Servlet.service() threw"},
    {"2024-06-03 10:00:00.123  INFO [shop,4bf92f3577b34da6,00f067aa0ba902b7] 12345 --- [nio-1] c.e.Shop : Sold",
     "text 2024-06-03T10:00:00.123000Z info|service=shop|trace_id=4bf92f3577b34da6|span_id=00f067aa0ba902b7|pid=12345|thread=nio-1|logger=c.e.Shop|message=Sold"},
    {"03-Jun-2024 10:00:00.123 INFO [main] org.apache.catalina.startup.Catalina.start Server startup in [1234] milliseconds",
     "text 2024-06-03T10:00:00.123000Z info|thread=main|logger=org.apache.catalina.startup.Catalina.start|message=Server startup in [1234] milliseconds"},
    {"INFO  [main] 2024-06-03 10:00:00,123 CassandraDaemon.java:500 - Starting",
     "text 2024-06-03T10:00:00.123000Z info|thread=main|logger=CassandraDaemon.java|message=Starting"},
    {"INFO  [2024-06-03 10:00:00,123] io.dropwizard.Server: Starting app",
     "text 2024-06-03T10:00:00.123000Z info|logger=io.dropwizard.Server|message=Starting app"},
    {"2024-06-03 10:00:00,123 INFO  Main:12 - hello",
     "text 2024-06-03T10:00:00.123000Z info|logger=Main|message=hello"},
    {"[2019-01-01T00:00:00,000][INFO ][o.e.n.Node               ] [node-1] started",
     "text 2019-01-01T00:00:00Z info|logger=o.e.n.Node|host=node-1|message=started"},
    {"[2019-01-01T00:00:00,000][WARN ][o.e.d.x.Y] [node-1] [logs-1][0] slow",
     "text 2019-01-01T00:00:00Z warning|logger=o.e.d.x.Y|host=node-1|message=[logs-1][0] slow"},
    {"[2020-01-01 00:00:00,000] INFO [Controller id=0] Starting the controller scheduler (kafka.controller.KafkaController)",
     "text 2020-01-01T00:00:00Z info|message=[Controller id=0] Starting the controller scheduler|logger=kafka.controller.KafkaController"},
    {"[2020-01-01 00:00:00,000] INFO Registered kafka:type=kafka.Log4jController MBean (kafka.utils.Log4jControllerRegistration$)",
     "text 2020-01-01T00:00:00Z info|message=Registered kafka:type=kafka.Log4jController MBean|logger=kafka.utils.Log4jControllerRegistration$"},
    {"[2020-01-01 00:00:00,000] ERROR Could not do it (twice)",
     "text 2020-01-01T00:00:00Z error|message=Could not do it (twice)"},
    {"2024-06-03 10:00:00.123 INFO (MainThread) [homeassistant.setup] Setting up light",
     "text 2024-06-03T10:00:00.123000Z info|thread=MainThread|logger=homeassistant.setup|message=Setting up light"},
};

static const struct header go_lines[] = {
    {"2024/06/03 10:00:00 listening on :8080", "text 2024-06-03T10:00:00Z -|message=listening on :8080"},
    {"2024/06/03 10:00:00.123456 /src/main.go:23: started",
     "text 2024-06-03T10:00:00.123456Z -|caller=/src/main.go:23|message=started"},
    {"2024/06/03 10:00:00 main.go:23: started", "text 2024-06-03T10:00:00Z -|caller=main.go:23|message=started"},
    {"I0603 10:00:00.123456       1 server.go:12] Starting",
     "text 2026-06-03T10:00:00.123456Z info|thread=1|caller=server.go:12|message=Starting"},
    {"2024-06-03T10:00:00.123Z\tINFO\tserver/main.go:12\tlistening\t{\"port\": 8080}",
     "text 2024-06-03T10:00:00.123000Z info|caller=server/main.go:12|message=listening|context={\"port\": 8080}"},
    {"2024-06-03T10:00:00.123+0200\terror\thttp.api\tapi/x.go:9\tfailed to do it",
     "text 2024-06-03T08:00:00.123000Z error|logger=http.api|caller=api/x.go:9|message=failed to do it"},
    {"2024-06-03T10:00:00.123Z\tWARN\tjust a message",
     "text 2024-06-03T10:00:00.123000Z warning|message=just a message"},
    {"INFO[0012] starting worker                               id=3",
     "text - info|uptime=0012|message=starting worker                               id=3"},
    {"2024-06-03T10:00:00Z INF starting up port=8080", "text 2024-06-03T10:00:00Z info|message=starting up port=8080"},
};

static const struct header rust_lines[] = {
    {"[2024-06-03T10:00:00Z INFO  my_crate::module] starting",
     "text 2024-06-03T10:00:00Z info|logger=my_crate::module|message=starting"},
    {"[2024-06-03T10:00:00Z WARN  app] careful", "text 2024-06-03T10:00:00Z warning|logger=app|message=careful"},
    {"2024-06-03T10:00:00.123456Z  INFO my_app::server: listening on 0.0.0.0:80",
     "text 2024-06-03T10:00:00.123456Z info|logger=my_app::server|message=listening on 0.0.0.0:80"},
    {"2024-06-03T10:00:00.123456Z ERROR my_app: broke",
     "text 2024-06-03T10:00:00.123456Z error|logger=my_app|message=broke"},
};

static const struct header ruby_and_php_lines[] = {
    {"I, [2024-06-03T10:00:00.123456 #12345]  INFO -- : Started GET \"/\" for 1.2.3.4",
     "text 2024-06-03T10:00:00.123456Z info|pid=12345|message=Started GET \"/\" for 1.2.3.4"},
    {"E, [2024-06-03T10:00:00.123456 #12345] ERROR -- sidekiq: job failed",
     "text 2024-06-03T10:00:00.123456Z error|pid=12345|logger=sidekiq|message=job failed"},
    {"[03-Jun-2024 10:00:00] NOTICE: fpm is running, pid 1",
     "text 2024-06-03T10:00:00Z notice|message=fpm is running, pid 1"},
    {"[03-Jun-2024 10:00:00] WARNING: [pool www] server reached pm.max_children setting (5)",
     "text 2024-06-03T10:00:00Z warning|message=[pool www] server reached pm.max_children setting (5)"},
    {"[03-Jun-2024 10:00:00 UTC] PHP Warning:  Undefined variable $x in /x.php on line 3",
     "text 2024-06-03T10:00:00Z warning|service=PHP|message=Undefined variable $x in /x.php on line 3"},
    {"[03-Jun-2024 10:00:00 Europe/Berlin] PHP Fatal error:  Uncaught Error: x",
     "text 2024-06-03T10:00:00Z critical|service=PHP|message=Uncaught Error: x"},
    {"[03-Jun-2024 10:00:00 UTC] PHP Parse error:  syntax error",
     "text 2024-06-03T10:00:00Z error|service=PHP|message=syntax error"},
};

static const struct header databases_lines[] = {
    {"2024-06-03T10:00:00.123456Z 0 [System] [MY-010931] [Server] /usr/sbin/mysqld: ready for connections.",
     "text 2024-06-03T10:00:00.123456Z -|thread=0|category=System|error_code=MY-010931|logger=Server|message=/usr/sbin/mysqld: ready for connections."},
    {"2024-06-03T10:00:00.123456Z 8 [ERROR] [MY-012345] [InnoDB] Cannot open '/x'",
     "text 2024-06-03T10:00:00.123456Z error|thread=8|error_code=MY-012345|logger=InnoDB|message=Cannot open '/x'"},
    {"2024-06-03 10:00:00 0 [Note] InnoDB: Buffer pool(s) load completed",
     "text 2024-06-03T10:00:00Z notice|thread=0|message=InnoDB: Buffer pool(s) load completed"},
    {"131019 12:34:56 [ERROR] Can't start server: Bind on TCP/IP port",
     "text 2013-10-19T12:34:56Z error|message=Can't start server: Bind on TCP/IP port"},
    {"131019 12:34:56 mysqld_safe Starting mysqld daemon",
     "text 2013-10-19T12:34:56Z -|message=mysqld_safe Starting mysqld daemon"},
    {"2024-06-03 10:00:00.123 UTC [12345] LOG:  checkpoint starting: time",
     "text 2024-06-03T10:00:00.123000Z info|pid=12345|message=checkpoint starting: time"},
    {"2024-06-03 10:00:00.123 UTC [12345] bob@shop ERROR:  relation \"x\" does not exist",
     "text 2024-06-03T10:00:00.123000Z error|pid=12345|user=bob|database=shop|message=relation \"x\" does not exist"},
    {"2024-06-03 10:00:00 UTC [12345]: [3-1] user=bob,db=shop,app=psql,client=10.0.0.1 ERROR:  syntax error",
     "text 2024-06-03T10:00:00Z error|pid=12345|user=bob|database=shop|client_app=psql|client_ip=10.0.0.1|message=syntax error"},
    {"2024-06-03 10:00:00 UTC [12345]: user=,db=,app=,client= LOG:  ready",
     "text 2024-06-03T10:00:00Z info|pid=12345|message=ready"},
    {"1:M 03 Jun 2024 10:00:00.123 * Ready to accept connections",
     "text 2024-06-03T10:00:00.123000Z notice|pid=1|role=M|message=Ready to accept connections"},
    {"12345:C 03 Jun 2024 10:00:00.123 # WARNING overcommit_memory is set to 0!",
     "text 2024-06-03T10:00:00.123000Z warning|pid=12345|role=C|message=WARNING overcommit_memory is set to 0!"},
    {"2015-06-03T10:00:00.123+0200 I NETWORK  [conn1] received client metadata from 127.0.0.1:1",
     "text 2015-06-03T08:00:00.123000Z info|logger=NETWORK|thread=conn1|message=received client metadata from 127.0.0.1:1"},
    {"2015-06-03T10:00:00.123+0200 W -        [initandlisten] ** WARNING: x",
     "text 2015-06-03T08:00:00.123000Z warning|thread=initandlisten|message=** WARNING: x"},
    {"2015-06-03T10:00:00.123+0200 D2 COMMAND  [conn7] run command admin.$cmd",
     "text 2015-06-03T08:00:00.123000Z debug|logger=COMMAND|thread=conn7|message=run command admin.$cmd"},
    {"2024-06-03 10:00:00.123456+00:00 [info] <0.222.0> Server startup complete; 4 plugins started.",
     "text 2024-06-03T10:00:00.123456Z info|process=0.222.0|message=Server startup complete; 4 plugins started."},
    {"2024-06-03 10:00:00.123 [warning] <0.1.0> closing AMQP connection",
     "text 2024-06-03T10:00:00.123000Z warning|process=0.1.0|message=closing AMQP connection"},
    {"2024.06.03 10:00:00.123456 [ 1234 ] {} <Information> Application: Ready",
     "text 2024-06-03T10:00:00.123456Z info|pid=1234|logger=Application|message=Ready"},
};

static const struct header proxies_lines[] = {
    {"Feb  6 12:14:14 localhost haproxy[14389]: 10.0.1.2:33317 [06/Feb/2009:12:14:14.655] http-in static/srv1 10/0/30/69/109 200 2750 - - ---- 1/1/1/1/0 0/0 {1wt.eu} {} \"GET /index.html HTTP/1.1\"",
     "syslog 2009-02-06T12:14:14.655000Z -|host=localhost|service=haproxy|pid=14389|message=10.0.1.2:33317 [06/Feb/2009:12:14:14.655] http-in static/srv1 10/0/30/69/109 200 2750 - - ---- 1/1/1/1/0 0/0 {1wt.eu} {} \"GET /index.html HTTP/1.1\"|client_ip=10.0.1.2|frontend=http-in|upstream=static/srv1|elapsed_ms=109|status=200|bytes=2750|method=GET|path=/index.html|protocol=HTTP/1.1"},
    {"1066036250.603    310 192.168.0.1 TCP_MISS/200 1234 GET http://example.com/x - DIRECT/1.2.3.4 text/html",
     "access 2003-10-13T09:10:50.603000Z -|elapsed_ms=310|client_ip=192.168.0.1|cache=TCP_MISS|status=200|bytes=1234|method=GET|path=http://example.com/x|upstream=DIRECT/1.2.3.4|content_type=text/html"},
    {"2024-06-03 10:00:00 10.0.0.1 GET /app/x id=3 443 - 192.0.2.7 Mozilla/5.0+(X11) https://r/ 200 0 0 15",
     "access 2024-06-03T10:00:00Z -|server=10.0.0.1|method=GET|path=/app/x|query=id=3|port=443|client_ip=192.0.2.7|user_agent=Mozilla/5.0+(X11)|referer=https://r/|status=200|elapsed_ms=15"},
    {"2024-06-03 10:00:00 10.0.0.1 GET /app/x - 443 CORP\\bob 192.0.2.7 curl 404 0 2 15",
     "access 2024-06-03T10:00:00Z -|server=10.0.0.1|method=GET|path=/app/x|port=443|user=CORP\\bob|client_ip=192.0.2.7|user_agent=curl|status=404|elapsed_ms=15"},
    {"Jun  3 10:00:00 mx postfix/smtpd[2]: connect from unknown[1.2.3.4]",
     "syslog 2026-06-03T10:00:00Z -|host=mx|service=postfix/smtpd|pid=2|message=connect from unknown[1.2.3.4]"},
    {"Jun  3 10:00:00 mx postfix/submission/smtpd[2]: NOQUEUE: reject: RCPT",
     "syslog 2026-06-03T10:00:00Z -|host=mx|service=postfix/submission/smtpd|pid=2|message=NOQUEUE: reject: RCPT"},
};

static const struct header kernels_and_others_lines[] = {
    {"[    0.000000] Linux version 5.15.0", "text - -|uptime=0.000000|message=Linux version 5.15.0"},
    {"[12345.678901] usb 1-1: new device", "text - -|uptime=12345.678901|message=usb 1-1: new device"},
    {"[Mon Jun  3 10:00:00 2024] usb 1-1: new device", "text 2024-06-03T10:00:00Z -|message=usb 1-1: new device"},
    {"[1717408800] SERVICE ALERT: web;HTTP;CRITICAL;SOFT;1;timeout",
     "text 2024-06-03T10:00:00Z -|message=SERVICE ALERT: web;HTTP;CRITICAL;SOFT;1;timeout"},
    {"type=USER_LOGIN msg=audit(1700474400.123:458): pid=1 uid=0 msg='op=login acct=\"bob\" res=failed'",
     "logfmt 2023-11-20T10:00:00.123000Z -|type=USER_LOGIN|serial=458|pid=1|uid=0|op=login|user=bob|res=failed"},
    {"2024-06-03 10:00:00.1234|INFO|MyApp.Program|Hello|x",
     "text 2024-06-03T10:00:00.123400Z info|logger=MyApp.Program|message=Hello|x"},
    {"2024-06-03 10:00:00|hello|world", "text 2024-06-03T10:00:00Z -|logger=hello|message=world"},
};

static const struct header prose_lines[] = {
    {"131019 apples were sold", NULL},
    {"110203 101112 some numbers", NULL},
    {"10.12.2024 is a date", NULL},
    {"10.10.10.10 said hello", NULL},
    {"12:30:00 lunch", NULL},
    {"12:30:00.5 ERROR ", "text - error|clock=12:30:00.5"},
    {"- 1117838570 is a number", NULL},
    {"A/B testing (3): results", NULL},
    {"I/O error (5): disk failing", NULL},
    {"I/O error (12345): disk failing", "text - info|logger=O error|pid=12345|message=disk failing"},
    {"D/x: y", NULL},
    {"[12] footnote", NULL},
    {"[1.5] x", NULL},
    {"Error: a", "text - error|message=a"},
    {"I, Robot", NULL},
    {"INFO[abc] x", NULL},
    {"1:M", NULL},
    {"2024-06-03 10:00:00, then we left", "text 2024-06-03T10:00:00Z -|message=then we left"},
    {"2024-06-03 10:00:00 [x] y: z", "text 2024-06-03T10:00:00Z -|message=[x] y: z"},
    {"134681 a b c d e f g", NULL},
    {"2024-06-03 10:00:00 I went home", "text 2024-06-03T10:00:00Z -|message=I went home"},
    {"2024-06-03 10:00:00 A BIG [thing]", "text 2024-06-03T10:00:00Z -|message=A BIG [thing]"},
    {"Mar 27 13:06:56 h some prose: with a colon", "text 2026-03-27T13:06:56Z -|message=h some prose: with a colon"},
    {"Mar 27 13:06:56 h Two Words: with capitals",
     "syslog 2026-03-27T13:06:56Z -|host=h|service=Two Words|message=with capitals"},
};

static const struct header more_lines[] = {
    {"2024.06.03 10:00:00.123456 [ 1234 ] {6f-1} <Error> executeQuery: Code: 60. DB::Exception",
     "text 2024-06-03T10:00:00.123456Z error|pid=1234|query_id=6f-1|logger=executeQuery|message=Code: 60. DB::Exception"},
    {"[INFO]\t2024-06-03T10:00:00.123Z\t79104EXA-723B-4e2c-9d1a-0123456789ab\tHello",
     "text 2024-06-03T10:00:00.123000Z info|request_id=79104EXA-723B-4e2c-9d1a-0123456789ab|message=Hello"},
    {"2024-06-03T10:00:00.123Z\t79104EXA-723B-4e2c-9d1a-0123456789ab\tINFO\tHello there",
     "text 2024-06-03T10:00:00.123000Z info|request_id=79104EXA-723B-4e2c-9d1a-0123456789ab|message=Hello there"},
    {"[INFO ] 2024-06-03 10:00:00,123 [main] com.x.Y - up",
     "text 2024-06-03T10:00:00.123000Z info|thread=main|logger=com.x.Y|message=up"},
    {"I, [2024-06-03T10:00:00.123456 #12345]  INFO -- : [79104abc-723b-4e2c-9d1a-0123456789ab] Started GET \"/\"",
     "text 2024-06-03T10:00:00.123456Z info|pid=12345|request_id=79104abc-723b-4e2c-9d1a-0123456789ab|message=Started GET \"/\""},
    {"[ERROR] [x] y", "text - error|message=[x] y"},
    {"[ERROR] 2024 was bad", "text - error|message=2024 was bad"},
};

static const struct header nearly_headers_lines[] = {
    {"Jul  1 00:20:00 combo kernel:  CPU0: x",
     "syslog 2026-07-01T00:20:00Z -|host=combo|service=kernel|message=CPU0: x"},
    {"Mar 27 13:06:56 h kernel: [ 1.23] not a kernel's stamp",
     "syslog 2026-03-27T13:06:56Z -|host=h|service=kernel|message=[ 1.23] not a kernel's stamp"},
    {"Feb 30 13:06:56 h app: x", NULL},
    {"Jul  1 00:20:00 combo tag[12] x", "text 2026-07-01T00:20:00Z -|message=combo tag[12] x"},
};

static const struct {
    const struct header *headers;
    size_t count;
} tables[] = {
    {hdfs_lines, sizeof hdfs_lines / sizeof *hdfs_lines},
    {hadoop_lines, sizeof hadoop_lines / sizeof *hadoop_lines},
    {spark_lines, sizeof spark_lines / sizeof *spark_lines},
    {zookeeper_lines, sizeof zookeeper_lines / sizeof *zookeeper_lines},
    {bgl_lines, sizeof bgl_lines / sizeof *bgl_lines},
    {hpc_lines, sizeof hpc_lines / sizeof *hpc_lines},
    {thunderbird_lines, sizeof thunderbird_lines / sizeof *thunderbird_lines},
    {cbs_lines, sizeof cbs_lines / sizeof *cbs_lines},
    {linux_lines, sizeof linux_lines / sizeof *linux_lines},
    {mac_lines, sizeof mac_lines / sizeof *mac_lines},
    {android_lines, sizeof android_lines / sizeof *android_lines},
    {healthapp_lines, sizeof healthapp_lines / sizeof *healthapp_lines},
    {apache_lines, sizeof apache_lines / sizeof *apache_lines},
    {sshd_lines, sizeof sshd_lines / sizeof *sshd_lines},
    {openstack_lines, sizeof openstack_lines / sizeof *openstack_lines},
    {proxifier_lines, sizeof proxifier_lines / sizeof *proxifier_lines},
    {python_lines, sizeof python_lines / sizeof *python_lines},
    {loguru_lines, sizeof loguru_lines / sizeof *loguru_lines},
    {python_servers_lines, sizeof python_servers_lines / sizeof *python_servers_lines},
    {java_lines, sizeof java_lines / sizeof *java_lines},
    {go_lines, sizeof go_lines / sizeof *go_lines},
    {rust_lines, sizeof rust_lines / sizeof *rust_lines},
    {ruby_and_php_lines, sizeof ruby_and_php_lines / sizeof *ruby_and_php_lines},
    {databases_lines, sizeof databases_lines / sizeof *databases_lines},
    {proxies_lines, sizeof proxies_lines / sizeof *proxies_lines},
    {kernels_and_others_lines, sizeof kernels_and_others_lines / sizeof *kernels_and_others_lines},
    {prose_lines, sizeof prose_lines / sizeof *prose_lines},
    {more_lines, sizeof more_lines / sizeof *more_lines},
    {nearly_headers_lines, sizeof nearly_headers_lines / sizeof *nearly_headers_lines},
};

static bool add_value(void *context, const struct record_value *value)
{
    struct buf *out = context;
    if (value->field == FIELD_TIME || value->field == FIELD_LEVEL)
        return true;
    buf_add_char(out, '|');
    buf_add_str(out, value->path);
    buf_add_char(out, '=');
    buf_add_str(out, value->text);
    return true;
}

static void check_header(const struct header *header)
{
    struct record rec = analyzed(str_of(header->line));
    if ((rec.flags & RECORD_UNPARSED) != 0) {
        if (header->said)
            fail_msg("%s: no format fits", header->line);
        return;
    }
    SCOPED(buf) said = BUF(1 << 20);
    char time[CLOCK_TEXT_MAX];
    buf_printf(&said, "%s %s %s", format_name((enum format)rec.format),
               rec.time_us == TIME_NONE ? "-" : clock_print_utc(rec.time_us, time),
               rec.level == LEVEL_UNKNOWN ? "-" : level_name((enum level)rec.level));
    record_visit(&rec, &analyzed_arena, add_value, &said);
    if (!header->said || !str_equal(buf_str(&said), str_of(header->said)))
        fail_msg("%s:\n%.*s\n%s", header->line, STR_ARG(buf_str(&said)), header->said ? header->said : "(none)");
}

static void headers_are_taken_off(void **state)
{
    (void)state;
    for (size_t t = 0; t < sizeof tables / sizeof *tables; t++) {
        for (size_t i = 0; i < tables[t].count; i++)
            check_header(&tables[t].headers[i]);
        analyzed_forget();
    }
}

static void hostile_lines(void **state)
{
    (void)state;
    for (size_t t = 0; t < sizeof tables / sizeof *tables; t++) {
        for (size_t i = 0; i < tables[t].count; i++)
            text_case_hostile(str_of(tables[t].headers[i].line));
    }
}

/* Quadratic work would take minutes here. */
static void long_lines(void **state)
{
    (void)state;
    static const char *const heads[] = {"2024-06-03 10:00:00,123 INFO ",
                                        "03-17 16:13:38.811  1 2 D ",
                                        "- 1117838570 2005.06.03 n 2005-06-03-15.42.50.675872 n ",
                                        "2024-06-03 10:00:00 s GET / - 80 - c a ",
                                        "[2020-01-01 00:00:00,000] INFO ",
                                        "Jul  1 00:20:00 combo ",
                                        "2024-06-03T10:00:00.123Z\tINFO\t",
                                        "2024-06-03 10:00:00|",
                                        "10.0.1.2:1 [06/Feb/2009:12:14:14.655] f s/a "};
    static const char *const units[] = {"[", "a ", "[a] ", " (a", "a|", "1 ", "a: ", "\t{", "1/"};
    SCOPED(buf) line = BUF(8 << 20);
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        for (size_t k = 0; k < sizeof units / sizeof *units; k++) {
            buf_reset(&line);
            buf_add_text(&line, heads[i]);
            while (line.size < 1 << 20)
                buf_add_text(&line, units[k]);
            text_case_check(buf_str(&line));
        }
    }
}

static int in_utc(void **state)
{
    return clock_set_zone("UTC") ? analyzed_open(state) : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headers_are_taken_off),
        cmocka_unit_test(hostile_lines),
        cmocka_unit_test(long_lines),
    };
    return cmocka_run_group_tests(tests, in_utc, analyzed_close);
}
