import type { Manifest } from './kustomize.js';

/** The pod that a workload starts; undefined for what starts none. */
export function podOf(manifest: Manifest): any {
  return manifest['spec']?.template?.spec;
}

/** In what a workload falls short of Kubernetes' restricted profile, and of what we ask besides. */
export function podFaults(manifest: Manifest): string[] {
  const pod = podOf(manifest);
  const faults: string[] = [];
  const must = (holds: boolean, fault: string) => void (holds || faults.push(`${manifest.metadata.name}: ${fault}`));

  must(pod.securityContext?.runAsNonRoot === true, 'may run as root');
  must(pod.securityContext?.seccompProfile?.type === 'RuntimeDefault', 'may use every system call');
  must(pod.automountServiceAccountToken === false, "gets a token for the cluster's API");
  must(!pod.hostNetwork && !pod.hostPID && !pod.hostIPC, "shares the node's namespaces");
  must(!(pod.volumes ?? []).some((volume: any) => volume.hostPath), "mounts the node's files");
  for (const container of [...(pod.initContainers ?? []), ...pod.containers]) {
    const { securityContext = {}, resources = {}, name } = container;
    must(securityContext.allowPrivilegeEscalation === false, `${name} may gain privileges`);
    must(securityContext.readOnlyRootFilesystem === true, `${name} may write to its root`);
    must(securityContext.capabilities?.drop?.includes('ALL'), `${name} has capabilities`);
    must(!securityContext.capabilities?.add && !securityContext.privileged, `${name} has privileges`);
    for (const kind of ['requests', 'limits'])
      for (const what of ['cpu', 'memory']) must(Boolean(resources[kind]?.[what]), `${name} has no ${kind} of ${what}`);
    const plain = (container.env ?? []).filter(
      (each: any) => /(PASSWORD|SECRET|TOKEN|KEY)$/.test(each.name) && each.value,
    );
    must(plain.length === 0, `${name} holds a secret in its manifest`);
  }
  return faults;
}
